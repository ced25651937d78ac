#pragma once

#include <QtQml/qqmlregistration.h>
#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>

namespace etna::gui {

/// What a person can do about a problem.
namespace Remedy {
Q_NAMESPACE
QML_ELEMENT

enum Action {
  TryAgain,
  ChooseModel,
  ChooseFolder,
  UseStarter,
  UseProcessor,
  ReloadModel,
  RemoveFromList,
  NewChat,
  CopyReport,
  SmallerContext,
  UnloadOthers,
  LoadAnyway,
  LoadSettings,
  OpenMemory,
  LoadAgain,
  DriverHelp,
  SaveAgain,
  OpenReadOnly,
  DismissRepair,
  Quit
};
Q_ENUM_NS(Action)
}  // namespace Remedy

/// One entry of the error catalogue, filled in: what the screen shows.
class Problem {
  Q_GADGET
  QML_VALUE_TYPE(problem)
  Q_PROPERTY(bool set READ is_set)
  Q_PROPERTY(QString code MEMBER code)
  Q_PROPERTY(QString title MEMBER title)
  Q_PROPERTY(QString body MEMBER body)
  Q_PROPERTY(QString details MEMBER details)
  Q_PROPERTY(QStringList actionTexts READ action_texts)

public:
  QString code;     ///< "E-MOD-01"; empty: no problem
  QString title;    ///< at most 60 characters
  QString body;     ///< what happened, with its number, and what follows
  QString details;  ///< for reports: code, engine's sentence, path
  QList<Remedy::Action> actions;
  QStringList labels;  ///< of actions, where the usual words lack a number; empty ones: the usual words

  bool is_set() const { return !code.isEmpty(); }

  QStringList action_texts() const;

  Q_INVOKABLE int actionAt(int index) const { return actions.value(index, Remedy::CopyReport); }

  friend bool operator==(const Problem&, const Problem&) = default;
};

}  // namespace etna::gui
