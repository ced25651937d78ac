#include "engine/training/data/data_file.h"

#include <algorithm>
#include <chrono>

#include "engine/base/error.h"
#include "engine/training/data/csv.h"

namespace etna::training {

namespace {

constexpr std::uint64_t stride = 64;                           // records to a mark
constexpr std::size_t beginning_bytes = std::size_t{1} << 20;  // looked at before anything is shown

constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

std::string lower_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

/// Files of other kinds, by how they begin.
void check_kind(const std::filesystem::path& path, std::string_view beginning) {
  const auto refuse = [&](const char* what) { fail(Errc::unsupported, "{}: {}", path.string(), what); };
  if (beginning.empty()) fail(Errc::corrupt, "{}: is empty", path.string());
  if (beginning.starts_with("PAR1")) refuse("is a Parquet file, which cannot be read yet; save the data as JSONL");
  if (beginning.starts_with("\x1F\x8B") || beginning.starts_with("PK\x03\x04") ||
      beginning.starts_with("\x28\xB5\x2F\xFD")) {
    refuse("is packed; unpack it first");
  }
  if (beginning.starts_with("\xFF\xFE") || beginning.starts_with("\xFE\xFF")) refuse("is UTF-16; save it as UTF-8");
  if (beginning.find('\0') != beginning.npos) fail(Errc::corrupt, "{}: is no text", path.string());
}

/// Members of an object that hold the rows, as tools name them.
constexpr std::string_view list_names[] = {"data", "rows", "train", "examples", "records", "items"};

/// What the beginning of a file that begins with an object tells of it.
struct ObjectFile {
  bool ends = false;      ///< the object's end is in the beginning
  bool one_line = false;  ///< … and in its first line
  bool alone = false;     ///< … and nothing follows
  std::size_t list = 0;   ///< behind the bracket that begins its list of rows; 0: it has none
};

ObjectFile look_at_object(std::string_view text) {
  ObjectFile result;
  int depth = 0;
  std::size_t name_begin = 0, name_size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      const std::size_t begin = ++i;
      while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
      if (depth == 1) name_begin = begin, name_size = std::min(i, text.size()) - begin;
    } else if (c == '{' || c == '[') {
      if (++depth == 2 && c == '[' && result.list == 0 &&
          std::ranges::find(list_names, text.substr(name_begin, name_size)) != std::end(list_names)) {
        result.list = i + 1;
      }
    } else if ((c == '}' || c == ']') && --depth <= 0) {
      result.ends = true;
      result.one_line = text.substr(0, i).find('\n') == text.npos;
      result.alone = text.find_first_not_of(" \t\r\n", i + 1) == text.npos;
      return result;
    }
  }
  return result;
}

}  // namespace

std::shared_ptr<const DataFile> DataFile::open(const std::filesystem::path& path) {
  std::shared_ptr<DataFile> file(new DataFile());
  file->bytes_ = FileBytes::open(path);
  file->detect();
  if (file->bytes() <= beginning_bytes) {
    file->build_index({});
  } else {
    file->indexer_ = std::jthread([self = file.get()](const std::stop_token& stop) { self->build_index(stop); });
  }
  return file;
}

DataFile::~DataFile() {
  indexer_.request_stop();
}

void DataFile::detect() {
  std::string beginning(std::min<std::uint64_t>(beginning_bytes, bytes()), '\0');
  beginning.resize(bytes_->read(0, beginning));
  check_kind(path(), beginning);
  const std::size_t mark = beginning.starts_with(utf8_mark) ? utf8_mark.size() : 0;
  first_.offset = mark;
  const std::string extension = lower_extension(path());
  const std::size_t begin = beginning.find_first_not_of(" \t\r\n", mark);
  if (begin == beginning.npos) fail(Errc::corrupt, "{}: holds nothing but white space", path().string());
  const char c = beginning[begin];
  if (extension == ".csv" || extension == ".tsv") {
    kind_ = FileKind::csv;
    read_header(beginning);
  } else if (extension == ".jsonl" || extension == ".ndjson") {
    kind_ = FileKind::json_lines;
  } else if (c == '[') {
    begin_list(beginning, begin + 1);
  } else if (c == '{') {
    // Many data sets call lines of JSON ".json".
    const ObjectFile object = look_at_object(std::string_view(beginning).substr(begin));
    const bool is_line = object.one_line && !object.alone;
    if (object.list > 0 && !is_line)
      begin_list(beginning, begin + object.list);
    else if (object.ends && !object.one_line)
      fail(Errc::corrupt, "{}: begins with an object of several lines; wanted a list of rows, or a row a line",
           path().string());
  } else if (extension != ".json") {
    fail(Errc::unsupported, "{}: is neither JSONL nor JSON nor CSV", path().string());
  }
}

void DataFile::begin_list(std::string_view beginning, std::size_t offset) {
  kind_ = FileKind::json_list;
  first_.offset = offset;
  first_.line += static_cast<std::uint64_t>(std::ranges::count(beginning.substr(0, offset), '\n'));
}

void DataFile::read_header(std::string_view beginning) {
  separator_ = csv_separator(beginning.substr(0, beginning.find('\n')));
  RecordReader reader(bytes_, kind_, first_, separator_);
  RawRecord line;
  reader.next(line);
  const auto names = csv_fields(line.text, separator_);
  if (!names)
    fail(Errc::corrupt, "{}: its first line does not name columns: a quote is not closed, or there are more than {}",
         path().string(), most_csv_fields);
  header_ = *names;
  for (std::string& name : header_) {
    const std::size_t begin = name.find_first_not_of(" \t"), end = name.find_last_not_of(" \t");
    name = begin == name.npos ? "" : name.substr(begin, end - begin + 1);
  }
  first_ = reader.place();
  first_.number = 1;
}

void DataFile::build_index(const std::stop_token& stop) {
  std::exception_ptr problem;
  try {
    RecordReader reader(bytes_, kind_, first_, separator_);
    std::vector<Mark> marks;  // not handed over yet
    std::uint64_t records = 0;
    constexpr std::uint64_t handed_over = 1024;
    for (bool more = true; more && !stop.stop_requested();) {
      if (records % stride == 0) marks.push_back({reader.place().offset, reader.place().line});
      more = reader.skip();
      if (more) ++records;
      if (more && records % handed_over != 0) continue;
      const std::lock_guard lock(mutex_);
      marks_.insert(marks_.end(), marks.begin(), marks.end());
      marks.clear();
      index_ = {records, more ? reader.place().offset : bytes(), !more};
      changed_.notify_all();
    }
    return;
  } catch (...) {
    problem = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  problem_ = problem;
  changed_.notify_all();
}

DataFile::Index DataFile::index() const {
  const std::lock_guard lock(mutex_);
  return index_;
}

template <class Ready>
void DataFile::wait(std::unique_lock<std::mutex>& lock, const Progress& progress, const Ready& ready) const {
  while (!problem_ && !index_.complete && !ready()) {
    progress(index_.bytes, bytes());
    if (progress.stop.stop_requested()) progress.check("reading the data");
    changed_.wait_for(lock, std::chrono::milliseconds(50));  // the stop token wakes nobody
  }
  if (problem_) std::rethrow_exception(problem_);
}

std::uint64_t DataFile::records(const Progress& progress) const {
  std::unique_lock lock(mutex_);
  wait(lock, progress, [] { return false; });
  return index_.records;
}

RecordReader DataFile::reader(std::uint64_t record, const Progress& progress) const {
  RecordPlace place{.offset = 0, .line = 0, .number = record / stride * stride + 1};
  {
    std::unique_lock lock(mutex_);
    wait(lock, progress, [&] { return record < index_.records; });
    if (record >= index_.records)
      fail(Errc::invalid_argument, "{}: row {} is wanted, there are {}", path().string(), record + 1, index_.records);
    const Mark& mark = marks_[static_cast<std::size_t>(record / stride)];
    place.offset = mark.offset;
    place.line = mark.line;
  }
  RecordReader reader(bytes_, kind_, place, separator_);
  for (std::uint64_t i = 0; i < record % stride; ++i) reader.skip();
  return reader;
}

RawRecord DataFile::read(std::uint64_t record) const {
  RawRecord result;
  reader(record).next(result);
  return result;
}

}  // namespace etna::training
