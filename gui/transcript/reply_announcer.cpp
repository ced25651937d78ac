#include "gui/transcript/reply_announcer.h"

#include "gui/transcript/transcript_source.h"

namespace etna::gui {
namespace {

constexpr int pause_ms = 2000;

/// Behind the last sentence that is complete.
qsizetype sentence_end(const QString& text, qsizetype from) {
  for (qsizetype i = text.size() - 1; i > from; --i) {
    const QChar before = text[i - 1];
    const bool ends = before == u'.' || before == u'!' || before == u'?' || before == u'\u3002';
    if (text[i] == u'\n' || (ends && text[i].isSpace())) return i;
  }
  return from;
}

}  // namespace

void ReplyAnnouncer::grow(const TranscriptSource& source, int row) {
  if (row != row_) {
    row_ = row;
    said_ = 0;
    since_.start();
    return say(tr("The reply begins."));
  }
  if (since_.elapsed() < pause_ms) return;
  const QString text = source.message(row).text;
  const qsizetype end = sentence_end(text, said_);
  if (end <= said_) return;
  since_.restart();
  say(text.mid(said_, end - said_).simplified());
  said_ = end;
}

void ReplyAnnouncer::finish(const TranscriptSource& source, int row) {
  const QString rest = row == row_ ? source.message(row).text.mid(said_).simplified() : QString();
  row_ = -1;
  say(rest.isEmpty() ? tr("The reply is complete.") : rest + u'\n' + tr("The reply is complete."));
}

void ReplyAnnouncer::say(const QString& text) {
  if (text == text_) return;
  text_ = text;
  emit changed();
}

}  // namespace etna::gui
