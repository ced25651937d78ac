#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <optional>

#include "gui/chat/store/chat_records.h"

namespace etna::gui {

/// The settings of how tokens are drawn, for one chat: what each is now, and what the model or Etna would choose.
class SamplingList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The inspector owns it")
  Q_PROPERTY(int changedCount READ changed_count NOTIFY changed)

public:
  enum Setting { Temperature, TopP, MaxTokens, TopK, MinP, RepetitionPenalty, Seed };

  /// Position: of the slider, 0 to 1; below 0: it has none. Basic: shown without "More".
  enum Role {
    NameRole = Qt::UserRole,
    SentenceRole,
    TextRole,
    PositionRole,
    StepRole,
    ChangedRole,
    UsualRole,
    BasicRole
  };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int changed_count() const;

  /// What a person chose, and what holds without that.
  void set(const chats::ChatSettings& chosen, const SamplingSettings& usual, std::uint64_t usual_max_tokens);

  Q_INVOKABLE void move(int row, double position);      ///< of the slider
  Q_INVOKABLE void type(int row, const QString& text);  ///< of the field; what is no number changes nothing
  Q_INVOKABLE void reset(int row);

signals:
  void changed();
  void chosen(const etna::chats::ChatSettings& settings);  ///< a person changed one

private:
  std::optional<double> value(int row) const;  ///< chosen
  double usual(int row) const;
  void choose(int row, std::optional<double> value);

  chats::ChatSettings settings_;
  SamplingSettings usual_;
  std::uint64_t usual_max_tokens_ = 0;
};

/// All of them as the model and Etna choose.
chats::ChatSettings without_sampling(chats::ChatSettings settings);

}  // namespace etna::gui
