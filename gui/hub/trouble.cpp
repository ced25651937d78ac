#include "gui/hub/trouble.h"

#include "engine/base/error.h"
#include "hub/download_problem.h"
#include "hub/problem.h"

namespace etna::gui {
namespace {

Trouble::Kind kind_of(hub::Trouble trouble) {
  switch (trouble) {
    case hub::Trouble::no_network:
    case hub::Trouble::unknown_host: return Trouble::Kind::offline;
    case hub::Trouble::rate_limited: return Trouble::Kind::wait;
    case hub::Trouble::gated:
    case hub::Trouble::token_refused: return Trouble::Kind::access;
    case hub::Trouble::not_found: return Trouble::Kind::gone;
    default: return Trouble::Kind::other;
  }
}

}  // namespace

Trouble trouble_of(const std::exception& error) {
  Trouble trouble;
  if (const auto* refused = dynamic_cast<const hub::HubError*>(&error)) {
    const hub::Problem& problem = refused->problem();
    trouble.kind = kind_of(problem.trouble);
    trouble.code = QString::fromUtf8(problem.code().data(), static_cast<qsizetype>(problem.code().size()));
    trouble.title = QString::fromStdString(problem.title());
    trouble.text = QString::fromStdString(problem.text());
    if (trouble.kind == Trouble::Kind::wait)
      trouble.wait_seconds = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(problem.retry_after).count());
    trouble.by_choice = problem.trouble == hub::Trouble::no_network && !problem.reason.empty();
    trouble.must_sign_in = problem.gate == hub::Gate::sign_in;
    return trouble;
  }
  if (const auto* plain = dynamic_cast<const Error*>(&error); plain && plain->code() == Errc::cancelled) {
    trouble.kind = Trouble::Kind::stopped;
    return trouble;
  }
  const hub::DownloadProblem problem = hub::describe_problem(error);
  trouble.kind = Trouble::Kind::other;
  trouble.code = QString::fromStdString(problem.code);
  trouble.title = QString::fromStdString(problem.title);
  trouble.text = QString::fromStdString(problem.text);
  return trouble;
}

}  // namespace etna::gui
