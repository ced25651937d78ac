#include "gui/chat/attachments/text_file.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QMimeDatabase>
#include <algorithm>

#include "engine/base/utf8.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

QString tr(const char* text) {
  return QCoreApplication::translate("Attachments", text);
}

TextFile refused(const QString& sentence) {
  TextFile file;
  file.problem = sentence;
  return file;
}

bool is_binary(const std::string& bytes) {
  // Tabs, line ends, form feeds and escape sequences stand in texts; the other control characters do not.
  return std::ranges::any_of(bytes, [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\x1b' && c != '\b' && c != '\v';
  });
}

bool is_utf16(const std::string& bytes) {
  return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
}

TextFile folder(const QFileInfo& info) {
  TextFile file;
  const QDir dir(info.filePath());
  file.is_model = dir.exists(QStringLiteral("config.json")) || !dir.entryList({QStringLiteral("*.gguf")}).isEmpty();
  if (!file.is_model) file.problem = tr("“%1” is a folder. Attach the files in it.").arg(info.fileName());
  return file;
}

}  // namespace

TextFile text_file_of(const QString& name, std::string bytes) {
  if (bytes.starts_with(byte_order_mark)) bytes.erase(0, byte_order_mark.size());
  if (bytes.empty()) return refused(tr("“%1” is empty.").arg(name));
  if (static_cast<qint64>(bytes.size()) > largest_attachment)
    return refused(tr("“%1” is too large: it has %2, and %3 can be attached.")
                       .arg(name, format::disk_bytes(bytes.size()), format::disk_bytes(largest_attachment)));
  if (is_utf16(bytes)) return refused(tr("“%1” is UTF-16 text. Save it as UTF-8 and attach it again.").arg(name));
  if (is_binary(bytes)) return refused(tr("“%1” is not a text file. Etna attaches text and source files.").arg(name));
  if (!utf8::is_valid(bytes))
    return refused(tr("“%1” is not UTF-8 text. Save it as UTF-8 and attach it again.").arg(name));
  TextFile file;
  const QString type = QMimeDatabase().mimeTypeForFile(name, QMimeDatabase::MatchExtension).name();
  const bool is_text = type.startsWith(QLatin1String("text/"));
  file.attachment = chats::Attachment{.name = name.toStdString(),
                                      .media_type = is_text ? type.toStdString() : "text/plain",
                                      .bytes = std::move(bytes),
                                      .hash = {}};
  return file;
}

TextFile read_text_file(const QString& path) {
  const QFileInfo info(path);
  const QString name = info.fileName();
  if (info.isDir()) return folder(info);
  if (!info.exists()) return refused(tr("“%1” is not there any more.").arg(name));
  if (!info.isFile()) return refused(tr("“%1” is not a file that can be read.").arg(name));
  if (info.size() > largest_attachment)
    return refused(tr("“%1” is too large: it has %2, and %3 can be attached.")
                       .arg(name, format::disk_bytes(static_cast<std::uint64_t>(info.size())),
                            format::disk_bytes(largest_attachment)));
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return refused(tr("“%1” can't be read: %2.").arg(name, file.errorString()));
  // One byte more than allowed tells a file that grew.
  const QByteArray bytes = file.read(largest_attachment + 1);
  if (file.error() != QFileDevice::NoError)
    return refused(tr("“%1” can't be read: %2.").arg(name, file.errorString()));
  return text_file_of(name, bytes.toStdString());
}

}  // namespace etna::gui
