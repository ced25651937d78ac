#pragma once

#include <QAccessibleObject>
#include <QHash>
#include <QPointer>

namespace etna::gui {

class TranscriptView;

/// Makes screen readers see into transcripts: a list of the messages in sight, each with its blocks; beside each its
/// controls. Called by every transcript; the first call counts.
void install_transcript_accessibility();

/// The list. Its nodes live as long as what they stand for is in sight.
class TranscriptAccessible : public QAccessibleObject {
public:
  explicit TranscriptAccessible(TranscriptView* view);
  ~TranscriptAccessible() override;

  QAccessible::Role role() const override { return QAccessible::List; }

  QAccessible::State state() const override;
  QString text(QAccessible::Text kind) const override;
  QRect rect() const override;
  QWindow* window() const override;
  QAccessibleInterface* parent() const override;
  QAccessibleInterface* child(int index) const override;
  int childCount() const override;
  int indexOfChild(const QAccessibleInterface* child) const override;
  QAccessibleInterface* childAt(int x, int y) const override;

  /// The node of a message (block -1), of a block (part -1) or of a part of one: a link, what a tool is given.
  QAccessibleInterface* node(int row, int block, int part) const;

  TranscriptView* view() const;

private:
  struct Key {
    qint64 message;
    int block;
    int part;

    friend bool operator==(const Key&, const Key&) = default;

    friend size_t qHash(const Key& key, size_t seed) { return qHashMulti(seed, key.message, key.block, key.part); }
  };

  QList<QAccessibleInterface*> children() const;

  mutable QHash<Key, QAccessible::Id> nodes_;
};

}  // namespace etna::gui
