#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>

#include "gui/chat/attachments/attached_file.h"

namespace etna::gui {

/// The files of one chat's draft, in the order they were added; those that are still being read have their place.
class AttachmentList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Chats own their attachments")
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(bool reading READ reading NOTIFY countChanged)

public:
  enum Role { NameRole = Qt::UserRole, DetailRole, ReadingRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  bool reading() const;  ///< a file is not here yet

  qint64 bytes() const;  ///< of those that are here

  /// A place for a file that is being read; finish() or drop() follows.
  quint64 begin(const QString& name);
  bool has(quint64 key) const { return row_of(key) >= 0; }
  void finish(quint64 key, AttachedFile file);
  void drop(quint64 key);

  void add(AttachedFile file);
  void set_tokens(const std::shared_ptr<const chats::Attachment>& file, std::optional<std::uint64_t> tokens);

  /// Those that are here.
  AttachedFiles files() const;
  const AttachedFile& at(int row) const { return rows_.at(static_cast<std::size_t>(row)).file; }
  void set_files(const AttachedFiles& files);

  Q_INVOKABLE void remove(int row);
  Q_INVOKABLE QString nameOf(int row) const { return data(index(row), NameRole).toString(); }

  Q_INVOKABLE QString textOf(int row) const;  ///< of one that is here

signals:
  void countChanged();
  void changed();  ///< what files() returns is something else

private:
  struct Row {
    quint64 key = 0;
    QString name;
    AttachedFile file;  ///< without a file: it is being read
  };

  int row_of(quint64 key) const;
  void insert(Row row);

  std::vector<Row> rows_;
  quint64 last_key_ = 0;
};

}  // namespace etna::gui
