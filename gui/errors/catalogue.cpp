#include "gui/errors/catalogue.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <algorithm>
#include <array>

#include "gui/models/fit_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

using enum Remedy::Action;

// clang-format off
const std::array entries = {
    CatalogueEntry{"E-APP-01", QT_TRANSLATE_NOOP("Catalogue", "Etna is already running"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 Use that window, or close it and try again."), {SaveAgain, Quit}},
    CatalogueEntry{"E-DB-01", QT_TRANSLATE_NOOP("Catalogue", "Your chats were made by a newer Etna"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {OpenReadOnly, Quit}},
    CatalogueEntry{"E-DB-02", QT_TRANSLATE_NOOP("Catalogue", "The chat store was damaged and repaired"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 The damaged file was kept: %2"), {DismissRepair, CopyReport}},
    CatalogueEntry{"E-DB-03", QT_TRANSLATE_NOOP("Catalogue", "Your chats could not be opened"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 Nothing was removed."), {SaveAgain, CopyReport}},
    CatalogueEntry{"E-DSK-01", QT_TRANSLATE_NOOP("Catalogue", "The disk is full"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {SaveAgain}},
    CatalogueEntry{"E-DSK-02", QT_TRANSLATE_NOOP("Catalogue", "The folder can't be written"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {ChooseFolder, TryAgain}},
    CatalogueEntry{"E-DSK-03", QT_TRANSLATE_NOOP("Catalogue", "The disk reported an error"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 If this happens again, back up your data."),
                   {TryAgain, ChooseModel}},
    CatalogueEntry{"E-DSK-04", QT_TRANSLATE_NOOP("Catalogue", "The folder is not connected"),
                   QT_TRANSLATE_NOOP("Catalogue", "%2 can't be found. It was moved, or its disk isn't mounted."),
                   {TryAgain, RemoveFromList, ChooseModel}},
    CatalogueEntry{"E-MOD-01", QT_TRANSLATE_NOOP("Catalogue", "This isn't a model Etna can read"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {ChooseModel, UseStarter}},
    CatalogueEntry{"E-MOD-02", QT_TRANSLATE_NOOP("Catalogue", "This kind of model isn't supported yet"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 The file itself is fine."), {ChooseModel, UseStarter}},
    CatalogueEntry{"E-MOD-03", QT_TRANSLATE_NOOP("Catalogue", "The model is incomplete"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {TryAgain, ChooseModel}},
    CatalogueEntry{"E-MOD-04", QT_TRANSLATE_NOOP("Catalogue", "The file is damaged"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 Loading a fresh copy of the model may help."),
                   {TryAgain, ChooseModel}},
    CatalogueEntry{"E-MOD-05", QT_TRANSLATE_NOOP("Catalogue", "The model's chat format can't be used"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {ChooseModel, UseStarter}},
    CatalogueEntry{"E-MEM-01", QT_TRANSLATE_NOOP("Catalogue", "Not enough memory"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 Nothing else was affected."),
                   {SmallerContext, UnloadOthers, LoadAnyway}},
    CatalogueEntry{"E-MEM-02", QT_TRANSLATE_NOOP("Catalogue", "Loading stopped: memory ran out"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 Nothing else was affected."), {TryAgain, OpenMemory}},
    CatalogueEntry{"E-MEM-03", QT_TRANSLATE_NOOP("Catalogue", "The reply stopped: memory is critical"),
                   QT_TRANSLATE_NOOP("Catalogue", "Your text is kept. %1"), {TryAgain, LoadSettings}},
    CatalogueEntry{"E-MEM-04", QT_TRANSLATE_NOOP("Catalogue", "A model was unloaded to keep the system responsive"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 Your chats are kept."), {LoadAgain, OpenMemory}},
    CatalogueEntry{"E-GPU-01", QT_TRANSLATE_NOOP("Catalogue", "No usable graphics device"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {DriverHelp, UseProcessor}},
    CatalogueEntry{"E-GPU-02", QT_TRANSLATE_NOOP("Catalogue", "The graphics driver restarted"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 Your chat is kept."), {ReloadModel, UseProcessor}},
    CatalogueEntry{"E-GPU-03", QT_TRANSLATE_NOOP("Catalogue", "The graphics device keeps failing"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 Your chat is kept."),
                   {UseProcessor, ReloadModel, CopyReport}},
    CatalogueEntry{"E-GPU-04", QT_TRANSLATE_NOOP("Catalogue", "The graphics driver can't be used"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {DriverHelp, UseProcessor}},
    CatalogueEntry{"E-CHAT-01", QT_TRANSLATE_NOOP("Catalogue", "This chat is longer than the model's memory of it"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {NewChat, ChooseModel}},
    CatalogueEntry{"E-CHAT-02", QT_TRANSLATE_NOOP("Catalogue", "A chat could not be read fully"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {NewChat, CopyReport}},
    CatalogueEntry{"E-CHAT-03", QT_TRANSLATE_NOOP("Catalogue", "The reply could not be finished"),
                   QT_TRANSLATE_NOOP("Catalogue", "Your text is kept. %1"), {TryAgain, ChooseModel}},
    CatalogueEntry{"E-TRN-01", QT_TRANSLATE_NOOP("Catalogue", "Not enough memory to train"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 Shorter rows, a smaller batch or a lower rank need less."),
                   {CopyReport, OpenMemory}},
    CatalogueEntry{"E-TRN-02", QT_TRANSLATE_NOOP("Catalogue", "Training became unstable"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1"), {CopyReport}},
    CatalogueEntry{"E-TRN-04", QT_TRANSLATE_NOOP("Catalogue", "The data changed since the run began"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 Resuming would mix two versions."), {CopyReport}},
    CatalogueEntry{"E-TRN-05", QT_TRANSLATE_NOOP("Catalogue", "Training stopped"),
                   QT_TRANSLATE_NOOP("Catalogue", "%1 What was saved before is still there."), {CopyReport}},
};

// clang-format on

/// "the file ends early" → "The file ends early."
QString as_sentence(QString text) {
  text = text.trimmed();
  if (text.isEmpty()) return text;
  if (text.at(0).isLower() && !text.contains(QLatin1String(": "))) text[0] = text.at(0).toUpper();
  const QChar last = text.back();
  if (last != u'.' && last != u'?' && last != u'!') text += u'.';
  return text;
}

const char* load_code(Errc code, bool path_exists) {
  switch (code) {
    case Errc::not_found: return path_exists ? "E-MOD-03" : "E-DSK-04";
    case Errc::io: return "E-DSK-03";
    case Errc::corrupt: return "E-MOD-04";
    case Errc::unsupported: return "E-MOD-02";
    case Errc::out_of_memory: return "E-MEM-01";
    case Errc::device_lost: return "E-GPU-02";
    case Errc::template_error: return "E-MOD-05";
    case Errc::invalid_argument:
    case Errc::network:
    case Errc::cancelled: return "E-MOD-01";
  }
  return "E-MOD-01";
}

const char* reply_code(Errc code) {
  switch (code) {
    case Errc::out_of_memory: return "E-MEM-03";
    case Errc::device_lost: return "E-GPU-02";
    case Errc::template_error: return "E-MOD-05";
    case Errc::io: return "E-DSK-03";
    // The engine is asked for nothing but this chat: the one argument it can refuse is the chat's length.
    case Errc::invalid_argument: return "E-CHAT-01";
    default: return "E-CHAT-03";
  }
}

QString translated(const char* text) {
  return QCoreApplication::translate("Catalogue", text);
}

}  // namespace

std::span<const CatalogueEntry> catalogue() {
  return entries;
}

QString action_text(Remedy::Action action) {
  switch (action) {
    case TryAgain: return translated(QT_TRANSLATE_NOOP("Catalogue", "Try again"));
    case ChooseModel: return translated(QT_TRANSLATE_NOOP("Catalogue", "Choose another model"));
    case ChooseFolder: return translated(QT_TRANSLATE_NOOP("Catalogue", "Choose folder"));
    case UseStarter: return translated(QT_TRANSLATE_NOOP("Catalogue", "Use Etna Starter"));
    case UseProcessor: return translated(QT_TRANSLATE_NOOP("Catalogue", "Use processor"));
    case ReloadModel: return translated(QT_TRANSLATE_NOOP("Catalogue", "Load the model again"));
    case RemoveFromList: return translated(QT_TRANSLATE_NOOP("Catalogue", "Remove from list"));
    case NewChat: return translated(QT_TRANSLATE_NOOP("Catalogue", "Start a new chat"));
    case CopyReport: return translated(QT_TRANSLATE_NOOP("Catalogue", "Copy report"));
    case SmallerContext: return translated(QT_TRANSLATE_NOOP("Catalogue", "Smaller context"));
    case UnloadOthers: return translated(QT_TRANSLATE_NOOP("Catalogue", "Unload other models"));
    case LoadAnyway: return translated(QT_TRANSLATE_NOOP("Catalogue", "Load anyway…"));
    case Remedy::LoadSettings: return translated(QT_TRANSLATE_NOOP("Catalogue", "Smaller context…"));
    case OpenMemory: return translated(QT_TRANSLATE_NOOP("Catalogue", "Memory page"));
    case LoadAgain: return translated(QT_TRANSLATE_NOOP("Catalogue", "Load again"));
    case DriverHelp: return translated(QT_TRANSLATE_NOOP("Catalogue", "How to fix this"));
    case SaveAgain: return translated(QT_TRANSLATE_NOOP("Catalogue", "Try again"));
    case OpenReadOnly: return translated(QT_TRANSLATE_NOOP("Catalogue", "Open for reading only"));
    case DismissRepair: return translated(QT_TRANSLATE_NOOP("Catalogue", "All right"));
    case Remedy::Quit: return translated(QT_TRANSLATE_NOOP("Catalogue", "Quit"));
  }
  return {};
}

QStringList Problem::action_texts() const {
  QStringList texts;
  for (qsizetype i = 0; i < actions.size(); ++i) {
    const QString label = labels.value(i);
    texts << (label.isEmpty() ? action_text(actions.at(i)) : label);
  }
  return texts;
}

Problem make_problem(const QString& code, const QString& sentence, const QString& path) {
  const auto named = [&](const CatalogueEntry& entry) { return code == QLatin1String(entry.code); };
  const auto found = std::ranges::find_if(entries, named);
  const CatalogueEntry& entry = found != entries.end()
                                    ? *found
                                    : *std::ranges::find(entries, std::string_view("E-MOD-01"), &CatalogueEntry::code);

  Problem problem;
  problem.code = QLatin1String(entry.code);
  problem.title = translated(entry.title);
  problem.body = translated(entry.body);
  // Not QString::arg: the sentence may hold a "%2" of its own.
  problem.body.replace(QLatin1String("%2"), path);
  problem.body.replace(QLatin1String("%1"), as_sentence(sentence));
  problem.details = problem.code + u'\n' + sentence;
  if (!path.isEmpty()) problem.details += u'\n' + path;
  problem.actions = entry.actions;
  return problem;
}

Problem load_problem(const Failure& failure, const QString& path) {
  // A folder that is gone, one that is no model and one that lacks a file call for different help.
  const bool path_exists = path.isEmpty() || QFileInfo::exists(path);
  const bool is_other_folder = QFileInfo(path).isDir() && !QFileInfo::exists(path + QLatin1String("/config.json"));
  if (failure.code == Errc::not_found && is_other_folder)
    return make_problem(QStringLiteral("E-MOD-01"), QString::fromStdString(failure.message), path);
  return make_problem(QLatin1String(load_code(failure.code, path_exists)), QString::fromStdString(failure.message),
                      path);
}

Problem shortage_problem(const Failure& failure, const QString& path, const std::optional<LoadEstimate>& estimate) {
  Problem problem = make_problem(QStringLiteral("E-MEM-01"), QString::fromStdString(failure.message), path);
  if (!estimate) return problem;
  problem.actions.clear();
  const auto add = [&](Remedy::Action action, const QString& label) {
    problem.actions << action;
    problem.labels << label;
  };
  if (estimate->longest_context > 0 && estimate->longest_context < estimate->context_length)
    add(SmallerContext, translated(QT_TRANSLATE_NOOP("Catalogue", "Use %1 of context"))
                            .arg(format::tokens(estimate->longest_context)));
  if (const LoadEstimate::Room* room = room_for(*estimate))
    add(UnloadOthers, translated(QT_TRANSLATE_NOOP("Catalogue", "Unload %1 (frees %2)"))
                          .arg(QString::fromStdString(room->name), format::memory_bytes(room->frees_bytes)));
  // The risky one is never the first.
  if (problem.actions.isEmpty()) add(ChooseModel, {});
  add(LoadAnyway, {});
  return problem;
}

Problem device_problem(const Failure& failure) {
  // A device whose driver lacks something is not among those that can be used; neither is one that was taken out.
  const bool driver = failure.code == Errc::unsupported;
  return make_problem(driver ? QStringLiteral("E-GPU-04") : QStringLiteral("E-GPU-01"),
                      QString::fromStdString(failure.message));
}

Problem reply_problem(const Failure& failure) {
  return make_problem(QLatin1String(reply_code(failure.code)), QString::fromStdString(failure.message));
}

}  // namespace etna::gui
