#include "gui/hub/move_controller.h"

#include <QDir>
#include <algorithm>
#include <chrono>

#include "gui/hub/trouble.h"
#include "gui/jobs/post.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

const QString move_key = QStringLiteral("move");
constexpr auto report_interval = std::chrono::milliseconds(100);

}  // namespace

MoveController::MoveController(HubService& service, Background& files, QObject* parent)
    : QObject(parent), service_(service), files_(files) {}

QString MoveController::title() const {
  if (waiting_.empty()) return {};
  const Move& move = waiting_.front();
  const QString folder = QDir(QString::fromStdString(move.folder)).dirName();
  const QString title = tr("Moving “%1” to %2", "model, folder").arg(QString::fromStdString(move.model.name), folder);
  const auto others = static_cast<int>(waiting_.size()) - 1;
  return others == 0   ? title
         : others == 1 ? tr("%1, 1 more waits").arg(title)
                       : tr("%1, %2 more wait").arg(title).arg(others);
}

QString MoveController::sentence() const {
  if (waiting_.empty() || total_ == 0) return tr("Looking at the files…");
  if (phase_ == hub::CopyPhase::checking)
    return tr("Checking the copy… %1 %").arg(static_cast<int>(100 * done_ / total_));
  return tr("%1 of %2 copied").arg(format::disk_bytes(done_), format::disk_bytes(total_));
}

bool MoveController::is_moving(const QString& path) const {
  return std::ranges::any_of(waiting_, [&](const Move& move) { return move.model.path == path.toStdString(); });
}

void MoveController::start(const LibraryModel& model, const QString& folder) {
  if (is_moving(QString::fromStdString(model.path))) return;
  waiting_.push_back({model, folder.toStdString()});
  emit began(QString::fromStdString(model.path));
  if (waiting_.size() == 1)
    run_next();
  else
    emit changed();
}

void MoveController::run_next() {
  done_ = total_ = 0;
  progress_ = -1;
  phase_ = hub::CopyPhase::copying;
  emit changed();
  if (waiting_.empty()) return;
  files_.run(move_key, [this, move = waiting_.front()](const std::stop_token& stop) -> Background::Answer {
    auto told = std::chrono::steady_clock::time_point();
    const MoveReport report = [&](hub::CopyPhase phase, std::uint64_t done, std::uint64_t total) {
      const auto now = std::chrono::steady_clock::now();
      if (now - told < report_interval || stop.stop_requested()) return;
      told = now;
      post(this, [this, phase, done, total] { show(phase, done, total); });
    };
    const auto answer = ask([&] { return service_.move_model(move.model, move.folder, report, stop); });
    return [this, move, answer] {
      waiting_.pop_front();
      if (answer.value) {
        emit moved(move.model, *answer.value);
      } else {
        const Trouble& trouble = answer.trouble;
        emit failed(QString::fromStdString(move.model.path), tr("%1: %2").arg(trouble.title, trouble.text));
      }
      run_next();
    };
  });
}

void MoveController::show(hub::CopyPhase phase, std::uint64_t done, std::uint64_t total) {
  if (waiting_.empty()) return;
  phase_ = phase;
  done_ = done;
  total_ = total;
  // Both are as long: what is copied is read once more.
  const double part = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
  progress_ = phase == hub::CopyPhase::copying ? part / 2 : 0.5 + part / 2;
  emit changed();
}

void MoveController::cancel() {
  files_.cancel(move_key);
  const auto gone = std::exchange(waiting_, {});
  for (const Move& move : gone) emit failed(QString::fromStdString(move.model.path), {});
  emit changed();
}

}  // namespace etna::gui
