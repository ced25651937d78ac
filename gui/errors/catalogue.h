#pragma once

#include <QString>
#include <optional>
#include <span>

#include "engine/session/messages.h"
#include "gui/errors/problem.h"

namespace etna::gui {

/// The errors that people can meet, each with its words and its ways out. Codes never change their meaning.
struct CatalogueEntry {
  const char* code;
  const char* title;  ///< at most 60 characters
  const char* body;   ///< %1: the engine's sentence, %2: file or folder, model, or count
  std::initializer_list<Remedy::Action> actions;
};

std::span<const CatalogueEntry> catalogue();

/// Fills in an entry. An unknown code is a mistake of ours and answered with E-MOD-01.
Problem make_problem(const QString& code, const QString& sentence, const QString& path = {});

/// A load that failed. `path` is what was to be loaded; empty for the starter model.
Problem load_problem(const Failure& failure, const QString& path);

/// A load that was refused because there is not enough memory: each way out with its number, those that lead nowhere
/// left out. Without an estimate all of them in general words.
Problem shortage_problem(const Failure& failure, const QString& path, const std::optional<LoadEstimate>& estimate);

/// A load on a graphics device that this computer does not have, or whose driver can't be used.
Problem device_problem(const Failure& failure);

/// A reply that failed.
Problem reply_problem(const Failure& failure);

/// The words on the button of an action.
QString action_text(Remedy::Action action);

}  // namespace etna::gui
