#include "gui/training/data_desk.h"

#include <QFileInfo>
#include <QLocale>
#include <QRandomGenerator>
#include <algorithm>
#include <array>

#include "engine/base/error.h"
#include "gui/jobs/post.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr std::size_t samples_shown = 3;
constexpr qsizetype most_shown = 20'000;  // characters of a sample
constexpr std::array role_names = {"ignore", "prompt", "answer", "system", "text", "messages", "tools"};
const QString open_key = QStringLiteral("training data");
const QString look_key = QStringLiteral("training rows");
const QString rows_key = QStringLiteral("training samples");

int role_index(const std::string& role) {
  const auto found = std::ranges::find(role_names, role);
  return found == role_names.end() ? 0 : static_cast<int>(found - role_names.begin());
}

QString whole(std::uint64_t value) {
  return QLocale().toString(static_cast<qulonglong>(value));
}

QString html_of(const DataSample& sample) {
  QString html;
  for (const DataSample::Piece& piece : sample.pieces) {
    QString text = QString::fromStdString(piece.text).toHtmlEscaped();
    text.replace(u'\n', QLatin1String("<br>"));
    html += piece.learned ? QLatin1String("<span class=\"l\">") + text + QLatin1String("</span>") : text;
    if (html.size() > most_shown) break;  // more than that nobody reads
  }
  return html;
}

QString learned_text(const DataSample& sample) {
  QString text;
  for (const DataSample::Piece& piece : sample.pieces) {
    if (piece.learned) text += QString::fromStdString(piece.text);
  }
  return text.simplified();
}

}  // namespace

DataDesk::DataDesk(TuneDraft& draft, Background& background, QObject* parent)
    : QObject(parent),
      draft_(draft),
      background_(background),
      columns_({"name", "role", "example"}),
      samples_({"title", "html", "spoken", "problem"}),
      findings_({"level", "text", "actions"}) {}

QString DataDesk::file_name() const {
  return QFileInfo(draft_.data).fileName();
}

QString DataDesk::format_text() const {
  if (!known()) return {};
  const QString words = !outline_.is_clear ? tr("What the columns are for is not clear. Say it below.")
                                           : QString::fromStdString(outline_.words);
  return tr("%1 · %2").arg(words, format::disk_bytes(bytes_));
}

QStringList DataDesk::roles() const {
  return {tr("Ignore"), tr("Prompt"), tr("Answer"), tr("System"), tr("Text"), tr("Messages"), tr("Tools")};
}

double DataDesk::progress() const {
  return report_.bytes_total == 0 ? 0
                                  : static_cast<double>(report_.bytes_done) / static_cast<double>(report_.bytes_total);
}

QString DataDesk::rows_text() const {
  if (!known()) return {};
  if (!report_.complete) return tr("Looking at the rows… %1 so far").arg(whole(report_.rows));
  return report_.usable_rows == report_.rows
             ? tr("%1 rows").arg(whole(report_.rows))
             : tr("%1 of %2 rows are used").arg(whole(report_.usable_rows), whole(report_.rows));
}

QString DataDesk::split_text() const {
  if (draft_.check_percent == 0) return tr("No row is kept for checking.");
  return report_.complete
             ? tr("%1 % kept for checking (seed 42): %2 rows").arg(draft_.check_percent).arg(whole(report_.check_rows))
             : tr("%1 % kept for checking (seed 42)").arg(draft_.check_percent);
}

void DataDesk::set_check_percent(int percent) {
  percent = std::clamp(percent, 0, 50);
  if (percent == draft_.check_percent) return;
  draft_.check_percent = percent;
  emit edited();
}

void DataDesk::choose(const QUrl& file) {
  const QString path = file.isLocalFile() ? file.toLocalFile() : QString();
  if (path.isEmpty() || path == draft_.data) return;
  draft_.data = path;
  draft_.columns.clear();
  draft_.fixes.clear();
  emit edited();
}

void DataDesk::refresh() {
  const bool wanted = chosen() && draft_.has_model;
  const QString recipe = data_recipe_of(draft_);
  const QString asked = wanted ? draft_.model + u'\n' + recipe : QString();
  if (asked == asked_) return emit changed();
  asked_ = asked;
  ++serial_;
  data_.reset();
  problem_.clear();
  report_ = {};
  for (const QString& key : {open_key, look_key, rows_key}) background_.cancel(key);
  emit changed();
  emit reported();
  if (!wanted) return;
  background_.run(open_key,
                  [this, recipe = recipe.toStdString(), model = draft_.model.toStdString(),
                   path = draft_.data](const std::stop_token&) -> Background::Answer {
                    try {
                      const auto data = TrainingData::open(recipe, model);
                      const QFileInfo file(path);
                      return [this, data, outline = data->outline(),
                              bytes = static_cast<std::uint64_t>(file.isDir() ? 0 : file.size()),
                              shown = read(*data, {1, 2, 3})] { take_data(data, outline, bytes, shown); };
                    } catch (const std::exception& error) {
                      return [this, sentence = QString::fromStdString(error.what())] {
                        problem_ = sentence;
                        emit changed();
                        emit reported();
                      };
                    }
                  });
}

/// Rows behind the end are left out.
std::vector<DataDesk::Shown> DataDesk::read(const TrainingData& data, const std::vector<std::uint64_t>& rows) {
  std::vector<Shown> shown;
  for (const std::uint64_t row : rows) {
    try {
      shown.push_back({row, data.sample(row - 1)});
    } catch (const Error& error) {
      if (error.code() != Errc::invalid_argument) throw;
    }
  }
  return shown;
}

void DataDesk::take_data(const std::shared_ptr<const TrainingData>& data, const DataOutline& outline,
                         std::uint64_t bytes, const std::vector<Shown>& shown) {
  data_ = data;
  outline_ = outline;
  bytes_ = bytes;
  // A plain text has no answers to tell apart.
  const bool is_text =
      std::ranges::any_of(outline.columns, [](const DataColumn& column) { return column.role == "text"; });
  if (outline.is_clear && is_text && value_of(draft_, QStringLiteral("answers_only")).toBool()) {
    draft_.changed[QStringLiteral("answers_only")] = false;
    return emit edited();
  }
  QVector<QVariantList> columns;
  for (const DataColumn& column : outline.columns)
    columns << QVariantList{QString::fromStdString(column.name), role_index(column.role),
                            QString::fromStdString(column.example).simplified()};
  columns_.set(columns);
  first_shown_ = 1;
  prompts_.clear();
  for (const Shown& at : shown) {
    const QString prompt = QString::fromStdString(at.sample.prompt);
    if (!prompt.isEmpty() && !prompts_.contains(prompt)) prompts_ << prompt;
  }
  show(shown);
  emit changed();
  look();
}

void DataDesk::look() {
  background_.run(look_key, [this, data = data_, serial = serial_](const std::stop_token& stop) -> Background::Answer {
    const auto tell = [this, serial](const DataReport& report) {
      post(this, [this, serial, report] {
        if (serial == serial_) take_report(report);
      });
    };
    try {
      const DataReport report = data->look(tell, {.report = {}, .stop = stop});
      return [this, report] { take_report(report); };
    } catch (const Error& error) {
      if (error.code() == Errc::cancelled) return {};
      return [this, sentence = QString::fromStdString(error.what())] {
        problem_ = sentence;
        emit changed();
        emit reported();
      };
    }
  });
}

void DataDesk::take_report(const DataReport& report) {
  report_ = report;
  QVector<QVariantList> rows;
  for (const DataFinding& finding : report.findings) {
    QStringList labels;
    for (const DataFix& fix : finding.fixes) labels << QString::fromStdString(fix.label);
    rows << QVariantList{static_cast<int>(finding.level), QString::fromStdString(finding.text), labels};
  }
  findings_.set(rows);
  lengths_.set(report, static_cast<std::uint64_t>(value_of(draft_, QStringLiteral("max_length")).toInt()));
  emit reported();
}

void DataDesk::setRole(int column, int role) {
  if (column < 0 || column >= static_cast<int>(outline_.columns.size()) || role < 0 ||
      role >= static_cast<int>(role_names.size()))
    return;
  outline_.columns[static_cast<std::size_t>(column)].role = role_names.at(static_cast<std::size_t>(role));
  draft_.columns.clear();
  for (const DataColumn& at : outline_.columns)
    draft_.columns.emplace_back(QString::fromStdString(at.name), QString::fromStdString(at.role));
  emit edited();
}

void DataDesk::act(int finding, int action) {
  if (finding < 0 || finding >= static_cast<int>(report_.findings.size())) return;
  const DataFinding& of = report_.findings[static_cast<std::size_t>(finding)];
  if (action < 0 || action >= static_cast<int>(of.fixes.size())) return;
  const DataFix fix = of.fixes[static_cast<std::size_t>(action)];
  if (fix.name == "show") {
    std::vector<std::uint64_t> rows = of.rows;
    rows.resize(std::min(rows.size(), samples_shown));
    return show_rows(rows);
  }
  if (fix.name == "raise_length") {
    draft_.changed[QStringLiteral("max_length")] = static_cast<int>(fix.value);
  } else if (const QString name = QString::fromStdString(fix.name); !draft_.fixes.contains(name)) {
    draft_.fixes << name;
  }
  emit edited();
}

void DataDesk::undoFixes() {
  if (draft_.fixes.isEmpty()) return;
  draft_.fixes.clear();
  emit edited();
}

void DataDesk::next() {
  first_shown_ += samples_shown;
  if (report_.complete && first_shown_ > report_.rows) first_shown_ = 1;
  show_rows({first_shown_, first_shown_ + 1, first_shown_ + 2});
}

void DataDesk::previous() {
  first_shown_ = first_shown_ > samples_shown ? first_shown_ - samples_shown : 1;
  show_rows({first_shown_, first_shown_ + 1, first_shown_ + 2});
}

void DataDesk::random() {
  const std::uint64_t rows = std::max<std::uint64_t>(report_.rows, 1);
  std::vector<std::uint64_t> chosen;
  for (std::size_t i = 0; i < samples_shown; ++i) chosen.push_back(1 + QRandomGenerator::global()->generate64() % rows);
  show_rows(chosen);
}

void DataDesk::show_rows(const std::vector<std::uint64_t>& rows) {
  if (!data_) return;
  background_.run(rows_key, [this, data = data_, rows](const std::stop_token&) -> Background::Answer {
    try {
      return [this, shown = read(*data, rows)] { show(shown); };
    } catch (const std::exception&) {
      return {};  // the file changed or is gone: looking at all rows says so
    }
  });
}

void DataDesk::show(const std::vector<Shown>& shown) {
  QVector<QVariantList> rows;
  for (const Shown& at : shown) {
    const QString row = tr("Row %1").arg(whole(at.row));
    const QString title = at.sample.problem.empty() ? tr("%1 · %2").arg(row, format::tokens(at.sample.tokens)) : row;
    rows << QVariantList{title, html_of(at.sample), tr("%1. Learned: %2").arg(title, learned_text(at.sample)),
                         QString::fromStdString(at.sample.problem)};
  }
  samples_.set(rows);
}

}  // namespace etna::gui
