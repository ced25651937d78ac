#pragma once

#include <QSize>
#include <QString>
#include <QStringList>

namespace etna::gui {

/// The command line of the window.
struct Options {
  QString screenshot;   ///< file to write a picture to; empty: run for a person
  QString theme;        ///< "light", "dark"; empty: as chosen in the settings
  QString state;        ///< what the picture shows, see screenshot.h
  QString model;        ///< folder to load at start; empty: the usual
  QString prompt;
  QSize size;           ///< of the window; empty: the usual
  QString error;        ///< a sentence, when the command line makes no sense

  bool takes_picture() const { return !screenshot.isEmpty(); }
};

/// Ends the program after --help and --version, as is usual.
Options parse_options(const QStringList& arguments);

}  // namespace etna::gui
