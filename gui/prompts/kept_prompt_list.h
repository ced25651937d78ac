#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QStringList>
#include <functional>
#include <vector>

#include "engine/session/prompt_cache_messages.h"

namespace etna::gui {

/// What is kept of prompts, by chats and models, latest used first.
class KeptPromptList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the list")
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(QStringList models READ models NOTIFY countChanged)

public:
  enum Role { TitleRole = Qt::UserRole, ModelRole, DetailRole, MemoryRole, DiskRole, PlaceRole };

  /// `title_of`: what people call a conversation.
  explicit KeptPromptList(std::function<QString(const std::string&)> title_of, QObject* parent = nullptr)
      : QAbstractListModel(parent), title_of_(std::move(title_of)) {}

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  const KeptPrompt& at(int row) const { return rows_.at(static_cast<std::size_t>(row)); }

  QStringList models() const;  ///< those that something is kept for, by their names

  std::uint64_t bytes() const;

  void set(std::vector<KeptPrompt> rows);

signals:
  void countChanged();

private:
  std::function<QString(const std::string&)> title_of_;
  std::vector<KeptPrompt> rows_;
};

}  // namespace etna::gui
