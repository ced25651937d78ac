#include "gui/options.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QRegularExpression>

#include "gui/screenshot.h"

namespace etna::gui {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("Options", text);
}

QSize parse_size(const QString& text) {
  static const QRegularExpression form(QStringLiteral("^(\\d{2,5})x(\\d{2,5})$"));
  const QRegularExpressionMatch match = form.match(text);
  return match.hasMatch() ? QSize(match.captured(1).toInt(), match.captured(2).toInt()) : QSize();
}

}  // namespace

Options parse_options(const QStringList& arguments) {
  QCommandLineParser parser;
  parser.setApplicationDescription(tr("Chat with language models on this computer."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addOptions({
      {QStringLiteral("screenshot"), tr("Show a finished reply, write a picture of the window to <file> and end."),
       QStringLiteral("file")},
      {QStringLiteral("theme"), tr("light or dark."), QStringLiteral("name")},
      {QStringLiteral("state"), tr("What the picture shows: %1.").arg(Screenshot::states().join(QStringLiteral(", "))),
       QStringLiteral("name")},
      {QStringLiteral("model"), tr("Load the model in <folder>."), QStringLiteral("folder")},
      {QStringLiteral("prompt"), tr("The message to send for the picture, or the model that a load sheet is of."), QStringLiteral("text")},
      {QStringLiteral("size"), tr("Size of the window, for example 1280x820."), QStringLiteral("WxH")},
  });
  parser.process(arguments);

  Options options;
  options.screenshot = parser.value(QStringLiteral("screenshot"));
  options.theme = parser.value(QStringLiteral("theme"));
  options.state = parser.value(QStringLiteral("state"));
  options.model = parser.value(QStringLiteral("model"));
  options.prompt = parser.value(QStringLiteral("prompt"));
  if (parser.isSet(QStringLiteral("size"))) options.size = parse_size(parser.value(QStringLiteral("size")));

  if (!options.theme.isEmpty() && options.theme != QLatin1String("light") && options.theme != QLatin1String("dark")) {
    options.error = tr("--theme: “%1” is neither light nor dark.").arg(options.theme);
  } else if (!options.state.isEmpty() && !Screenshot::states().contains(options.state)) {
    options.error =
        tr("--state: “%1” is none of %2.").arg(options.state, Screenshot::states().join(QStringLiteral(", ")));
  } else if (parser.isSet(QStringLiteral("size")) && options.size.isEmpty()) {
    options.error = tr("--size: “%1” is not of the form 1280x820.").arg(parser.value(QStringLiteral("size")));
  }
  return options;
}

}  // namespace etna::gui
