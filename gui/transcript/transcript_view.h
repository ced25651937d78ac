#pragma once

#include <QtQml/qqmlregistration.h>
#include <QBasicTimer>
#include <QElapsedTimer>
#include <QPointer>
#include <QQmlComponent>
#include <QQuickItem>
#include <QTimer>

#include "gui/transcript/block_nodes.h"
#include "gui/transcript/control_pool.h"
#include "gui/transcript/reply_announcer.h"
#include "gui/transcript/text_finder.h"
#include "gui/transcript/text_selection.h"
#include "gui/transcript/transcript_body.h"
#include "gui/transcript/transcript_source.h"
#include "gui/transcript/transcript_theme.h"

namespace etna::gui {

/// A whole chat: messages in blocks, scrolled by itself. It draws text; controls in it (the head of code, the line that
/// folds thoughts, the files and the foot of a message) are made from components with `required property TranscriptSlot slot`.
class TranscriptView : public QQuickItem {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(etna::gui::TranscriptSource* source READ source WRITE set_source NOTIFY sourceChanged)
  Q_PROPERTY(etna::gui::TranscriptTheme* theme READ theme WRITE set_theme NOTIFY themeChanged)
  Q_PROPERTY(double columnWidth READ column_width WRITE set_column_width NOTIFY columnWidthChanged)
  Q_PROPERTY(QQmlComponent* codeControl READ code_control WRITE set_code_control NOTIFY controlsChanged)
  Q_PROPERTY(QQmlComponent* thinkingControl READ thinking_control WRITE set_thinking_control NOTIFY controlsChanged)
  Q_PROPERTY(QQmlComponent* imageControl READ image_control WRITE set_image_control NOTIFY controlsChanged)
  Q_PROPERTY(QQmlComponent* attachmentControl READ attachment_control WRITE set_attachment_control NOTIFY controlsChanged)
  Q_PROPERTY(QQmlComponent* footerControl READ footer_control WRITE set_footer_control NOTIFY controlsChanged)
  Q_PROPERTY(double contentY READ content_y WRITE set_content_y NOTIFY contentChanged)
  Q_PROPERTY(double contentHeight READ content_height NOTIFY contentChanged)
  Q_PROPERTY(bool atYEnd READ at_end NOTIFY contentChanged)
  Q_PROPERTY(bool following READ following NOTIFY contentChanged)
  Q_PROPERTY(bool newText READ new_text NOTIFY contentChanged)
  Q_PROPERTY(QString hoveredLink READ hovered_link NOTIFY hoveredLinkChanged)
  Q_PROPERTY(bool hasSelection READ has_selection NOTIFY selectionChanged)
  Q_PROPERTY(QString query READ query WRITE set_query NOTIFY foundChanged)
  Q_PROPERTY(int foundCount READ found_count NOTIFY foundChanged)
  Q_PROPERTY(int foundIndex READ found_index NOTIFY foundChanged)
  Q_PROPERTY(bool searching READ searching NOTIFY foundChanged)
  Q_PROPERTY(bool keyboardFocus READ keyboard_focus NOTIFY keyboardFocusChanged)
  Q_PROPERTY(QString announcement READ announcement NOTIFY announcementChanged)

public:
  explicit TranscriptView(QQuickItem* parent = nullptr);
  ~TranscriptView() override;

  TranscriptSource* source() const { return body_.source(); }

  void set_source(TranscriptSource* source);

  TranscriptTheme* theme() const { return theme_; }

  void set_theme(TranscriptTheme* theme);

  double column_width() const { return column_width_; }

  void set_column_width(double width);

  QQmlComponent* code_control() const { return code_control_; }

  void set_code_control(QQmlComponent* component) { set_control(MessageBlock::Kind::code, code_control_, component); }

  QQmlComponent* thinking_control() const { return thinking_control_; }

  void set_thinking_control(QQmlComponent* component) {
    set_control(MessageBlock::Kind::thinking, thinking_control_, component);
  }

  QQmlComponent* image_control() const { return image_control_; }

  void set_image_control(QQmlComponent* component) {
    set_control(MessageBlock::Kind::image, image_control_, component);
  }

  QQmlComponent* attachment_control() const { return attachment_control_; }

  void set_attachment_control(QQmlComponent* component) {
    set_control(MessageBlock::Kind::attachment, attachment_control_, component);
  }

  QQmlComponent* footer_control() const { return footer_control_; }

  void set_footer_control(QQmlComponent* component) {
    set_control(MessageBlock::Kind::footer, footer_control_, component);
  }

  double content_y() const { return content_y_; }

  void set_content_y(double y);

  double content_height() const { return content_height_; }

  bool at_end() const;

  bool following() const { return body_.following(); }

  bool new_text() const { return new_text_; }

  QString hovered_link() const { return hovered_link_; }

  bool has_selection() const { return !selection_.empty(); }

  QString query() const { return finder_.query(); }

  void set_query(const QString& query);

  int found_count() const { return finder_.count(); }

  int found_index() const { return finder_.current(); }

  bool searching() const { return finder_.searching(); }

  /// The focus came by a key: it is to be seen.
  bool keyboard_focus() const { return keyboard_focus_; }

  QString announcement() const { return announcer_.text(); }

  Q_INVOKABLE void follow();  ///< jumps to the end and stays there
  Q_INVOKABLE void copy(bool markdown);
  Q_INVOKABLE void selectAll();
  Q_INVOKABLE void clearSelection();
  Q_INVOKABLE void findNext(int by);
  Q_INVOKABLE void toggleOpen(int row, int block);
  Q_INVOKABLE void toggleWrapped(int row, int block);
  Q_INVOKABLE void copyBlock(int row, int block);
  Q_INVOKABLE void copyMessage(int row);
  Q_INVOKABLE void showMessage(int row);  ///< its begin at the top of the view

  /// For the tree of a screen reader.
  TranscriptBody& body() { return body_; }

  const TextSelection& selection() const { return selection_; }

  std::vector<QQuickItem*> controls() const { return controls_.items(); }

  double column() const;                  ///< width of the text
  double column_left() const;             ///< of the column, in the item
  QString text_at(const QPointF& point);  ///< the word there; for tests

  /// How many pieces of blocks were painted since the view came to be.
  int paint_count() const { return painted_; }

signals:
  void sourceChanged();
  void themeChanged();
  void columnWidthChanged();
  void controlsChanged();
  void contentChanged();
  void hoveredLinkChanged();
  void selectionChanged();
  void foundChanged();
  void announcementChanged();
  void keyboardFocusChanged();
  void linkActivated(const QString& link);
  void menuWanted(double x, double y, const QString& link);
  void thinkingToggled(int row, bool open);

protected:
  void updatePolish() override;
  QSGNode* updatePaintNode(QSGNode* old, UpdatePaintNodeData*) override;
  void geometryChange(const QRectF& now, const QRectF& before) override;
  void itemChange(ItemChange change, const ItemChangeData& value) override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void mouseUngrabEvent() override;
  void hoverMoveEvent(QHoverEvent* event) override;
  void hoverLeaveEvent(QHoverEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void timerEvent(QTimerEvent* event) override;

private:
  /// What a block looked like when it was painted.
  struct Look {
    quint64 revision = 0;
    TextRange selection;
    QVector<TextRange> found;
    int found_now = -1;
    bool caret = false;
    quint64 serial = 0;
  };

  void set_control(MessageBlock::Kind kind, QPointer<QQmlComponent>& place, QQmlComponent* component);
  void restyle();
  void changed();
  void notify_accessibility();
  double block_inset(const MessageBlock& block) const;
  bool place_controls();
  TranscriptSlot::Values values_of(const SeenBlock& seen);
  const Look& look_of(const SeenBlock& seen);
  void paint_block(BlockNodes& nodes, const SeenBlock& seen, double ratio);
  void paint_tile(QPainter& painter, const SeenBlock& seen, const Look& look, double top, double bottom);

  TextPlace place_at(const QPointF& point, bool nearest);
  const SeenBlock* block_at(double y) const;
  QString link_at(const QPointF& point);
  int row_at(double y) const;
  void set_hovered(const QPointF& point, bool inside);
  void select_to(const QPointF& point);
  void scroll_by(double distance);
  bool scroll_key(QKeyEvent* event);
  bool select_key(QKeyEvent* event);
  void selection_moved();
  void reveal_match();

  QPointer<TranscriptTheme> theme_;
  TranscriptTheme look_theme_;  ///< what is painted with: a copy, the theme may go before us
  TranscriptBody body_;
  TextSelection selection_;
  TextFinder finder_;
  ReplyAnnouncer announcer_;
  ControlPool controls_;
  QPointer<QQmlComponent> code_control_, thinking_control_, image_control_, attachment_control_, footer_control_;
  QHash<TileKey, Look> looks_;
  double column_width_ = 720;
  double content_y_ = 0;
  double content_height_ = 0;
  bool was_at_end_ = true;
  bool new_text_ = false;
  QString hovered_link_;
  int hovered_row_ = -1;
  bool keyboard_focus_ = false;
  bool selecting_ = false;
  QPointF pressed_at_, pointer_;
  QString pressed_link_;
  QElapsedTimer since_double_click_;
  QBasicTimer edge_timer_;
  QTimer idle_;
  bool restyle_waits_ = true;
  std::pair<int, int> told_rows_{-1, -1};  ///< first and last that a screen reader knows to be in sight
  quint64 serial_ = 0;
  int painted_ = 0;
};

}  // namespace etna::gui
