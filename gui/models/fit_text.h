#pragma once

#include <QString>

#include "engine/session/memory_messages.h"
#include "gui/plot/bar_list.h"

/// What a load would take, in words and bars.
namespace etna::gui {

QString fit_word(Fit fit);  ///< "Fits well", "Tight", "Very tight", "Too big"

/// "Tight: 10.2 of 12 GiB that may be used; other programs may slow down."
QString fit_sentence(const LoadEstimate& estimate);

/// For a row of a list: "4.1 GiB · fits well", "Fits after unloading Qwen3-8B".
QString fit_hint(const LoadEstimate& estimate);

/// The first model whose unloading makes it fit; none: it fits, or never does.
const LoadEstimate::Room* room_for(const LoadEstimate& estimate);

/// A bar for each pool: weights, context, working memory, adapter, free, with a tick where what may be used ends.
QVector<Bar> estimate_bars(const LoadEstimate& estimate, const QString& system_name);

}  // namespace etna::gui
