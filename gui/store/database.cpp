#include "gui/store/database.h"

#include <sqlite3.h>

#include <utility>

#include "engine/base/utf8.h"

namespace etna::store {
namespace {

constexpr int busy_timeout_ms = 5000;

Errc errc_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Errc::corrupt;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE: return Errc::invalid_argument;
    case SQLITE_NOMEM: return Errc::out_of_memory;
    case SQLITE_INTERRUPT: return Errc::cancelled;
    case SQLITE_ERROR: return Errc::unsupported;
    default: return Errc::io;
  }
}

int flags_of(Database::Mode mode) {
  // One thread at a time uses a connection: SQLite need not lock it.
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (mode == Database::Mode::create) return flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  return flags | SQLITE_OPEN_READONLY;
}

/// Size of a text for SQLite's functions.
int length(std::string_view text) {
  return static_cast<int>(text.size());
}

}  // namespace

static_assert(SqliteError::damage_code == SQLITE_CORRUPT);

SqliteError::SqliteError(int sqlite_code, const std::string& message)
    : Error(errc_of(sqlite_code), message), sqlite_code_(sqlite_code) {}

bool SqliteError::disk_full() const {
  return (sqlite_code_ & 0xff) == SQLITE_FULL;
}

bool SqliteError::disk_failed() const {
  switch (sqlite_code_ & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return true;
    default: return false;
  }
}

bool SqliteError::damaged() const {
  const int code = sqlite_code_ & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

bool SqliteError::refused() const {
  return code() == Errc::invalid_argument;
}

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
  const int code = sqlite3_prepare_v2(database.handle(), sql.data(), length(sql), &statement_, nullptr);
  if (code != SQLITE_OK) database.fail(code, sql);
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::bind(int index, std::string_view text) {
  const int code = sqlite3_bind_text64(statement_, index, text.data() ? text.data() : "", text.size(), SQLITE_TRANSIENT,
                                       SQLITE_UTF8);
  if (code != SQLITE_OK) database_->fail(code, "bind");
  return *this;
}

Statement& Statement::bind(int index, double value) {
  if (const int code = sqlite3_bind_double(statement_, index, value)) database_->fail(code, "bind");
  return *this;
}

Statement& Statement::bind_integer(int index, std::int64_t value) {
  if (const int code = sqlite3_bind_int64(statement_, index, value)) database_->fail(code, "bind");
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  const int code =
      sqlite3_bind_blob64(statement_, index, bytes.data() ? bytes.data() : "", bytes.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) database_->fail(code, "bind");
  return *this;
}

Statement& Statement::bind_null(int index) {
  if (const int code = sqlite3_bind_null(statement_, index)) database_->fail(code, "bind");
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const char* sql = sqlite3_sql(statement_);
  const std::string what = sql ? sql : "step";
  sqlite3_reset(statement_);
  database_->fail(code, what);
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

int Statement::columns() const {
  return sqlite3_column_count(statement_);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (!bytes) return {};
  const std::string_view view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  return utf8::is_valid(view) ? std::string(view) : utf8::make_valid(view);
}

std::string Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

void Statement::copy_column(int column, Statement& target, int index) const {
  const int code = sqlite3_bind_value(target.statement_, index, sqlite3_column_value(statement_, column));
  if (code != SQLITE_OK) database_->fail(code, "copy");
}

Database Database::open(const std::filesystem::path& path, Mode mode, const std::string& vfs) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags_of(mode), vfs.empty() ? nullptr : vfs.c_str());
  Database database(handle, path);
  if (code != SQLITE_OK) database.fail(code, "open");
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  // No statement may write to the tables inside virtual tables. (trusted_schema stays on: this SQLite's full-text tables
  // could not be filled by triggers otherwise.)
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  database.run("PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON");
  if (mode != Mode::create) return database;
  // Mapped pages would turn an error of the disk into a signal.
  database.run(
      "PRAGMA mmap_size = 0; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864");
  return database;
}

Database Database::in_memory() {
  return open(":memory:", Mode::create);
}

Database::~Database() {
  // Statements that are still open end with the connection (v2 waits for them).
  sqlite3_close_v2(handle_);
}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(path_, other.path_);
  return *this;
}

void Database::run(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
}

std::int64_t Database::value(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

int Database::changes() const {
  return sqlite3_changes(handle_);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

int Database::user_version() {
  return static_cast<int>(value("PRAGMA user_version"));
}

int Database::application_id() {
  return static_cast<int>(value("PRAGMA application_id"));
}

std::string Database::quick_check(const std::string& table) {
  Statement statement = prepare(table.empty() ? "PRAGMA quick_check(1)" : "PRAGMA quick_check('" + table + "')");
  const std::string answer = statement.step() ? statement.text(0) : std::string();
  return answer == "ok" ? std::string() : answer.empty() ? "the check gave no answer" : answer;
}

bool Database::checkpoint() {
  return sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr) == SQLITE_OK;
}

void Database::fail(int code, std::string_view what) const {
  const int extended =
      handle_ && (sqlite3_errcode(handle_) & 0xff) == (code & 0xff) ? sqlite3_extended_errcode(handle_) : code;
  const char* words = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  throw SqliteError(extended, fmt::format("{}: {} (SQLite {}, at “{}”)", path_.filename().string(), words, extended,
                                          what.substr(0, 60)));
}

Transaction::Transaction(Database& database) : database_(database) {
  database_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // Some errors have ended it already.
  if (open_ && database_.in_transaction()) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

Savepoint::Savepoint(Database& database) : database_(database) {
  database_.run("SAVEPOINT part");
}

Savepoint::~Savepoint() {
  if (open_ && database_.in_transaction())
    sqlite3_exec(database_.handle(), "ROLLBACK TO part; RELEASE part", nullptr, nullptr, nullptr);
}

void Savepoint::keep() {
  database_.run("RELEASE part");
  open_ = false;
}

}  // namespace etna::store
