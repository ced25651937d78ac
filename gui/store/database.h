#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

/// SQLite behind handles that clean up after themselves. No Qt. A database and its statements belong to one thread.
namespace etna::store {

/// What SQLite says, with its own code: whoever retries must tell a full disk from a mistake in a request.
class SqliteError : public Error {
public:
  static constexpr int damage_code = 11;  ///< SQLITE_CORRUPT, for damage that a check found

  SqliteError(int sqlite_code, const std::string& message);

  int sqlite_code() const { return sqlite_code_; }  ///< extended result code

  bool disk_full() const;    ///< no room; nothing was changed
  bool disk_failed() const;  ///< the disk or its driver reported an error, or the file can't be written any more
  bool damaged() const;      ///< the file contradicts itself or is no database
  bool refused() const;      ///< a constraint: the request makes no sense

private:
  int sqlite_code_;
};

class Database;

/// One SQL statement. Values are bound from 1, columns read from 0, as in SQLite.
class Statement {
public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, double value);
  Statement& bind_integer(int index, std::int64_t value);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind_null(int index);

  template <class Integer>

  requires std::is_integral_v<Integer> Statement& bind(int index, Integer value) {
    return bind_integer(index, static_cast<std::int64_t>(value));
  }

  template <class T>
  Statement& bind(int index, const std::optional<T>& value) {
    return value ? bind(index, *value) : bind_null(index);
  }

  /// Binds everything in order.
  template <class... Values>
  Statement& with(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }

  bool step();  ///< true: there is a row
  void run();   ///< to the end, then ready for the next values
  void reset();

  int columns() const;
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;  ///< always UTF-8: broken bytes are replaced
  std::string blob(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;

  /// Copies a column of the current row into a parameter of another statement, whatever its type.
  void copy_column(int column, Statement& target, int index) const;

private:
  Database* database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// A connection. Enforces foreign keys and syncs fully; write-ahead log where it may write.
class Database {
public:
  enum class Mode {
    create,     ///< made where there is none
    read_only,  ///< nothing is written, not even the schema
    as_it_is,   ///< for reading damaged files: no setup that touches pages
  };

  /// Throws SqliteError. `vfs`: a file layer of another name, for tests.
  static Database open(const std::filesystem::path& path, Mode mode, const std::string& vfs = {});
  static Database in_memory();
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;

  Statement prepare(std::string_view sql) { return Statement(*this, sql); }

  void run(const std::string& sql);          ///< one statement or many, without results
  std::int64_t value(std::string_view sql);  ///< the first column of the first row; 0: no row
  int changes() const;                       ///< rows that the last statement changed
  bool in_transaction() const;

  const std::filesystem::path& path() const { return path_; }

  int user_version();
  int application_id();

  /// Empty: in order. `table` empty: everything. Reads every page.
  std::string quick_check(const std::string& table = {});

  /// Moves what the log holds into the file. False: somebody still reads an older state.
  bool checkpoint();

  sqlite3* handle() const { return handle_; }

  [[noreturn]] void fail(int code, std::string_view what) const;

private:
  Database(sqlite3* handle, std::filesystem::path path) : handle_(handle), path_(std::move(path)) {}

  sqlite3* handle_ = nullptr;
  std::filesystem::path path_;
};

/// Everything or nothing: rolled back unless committed.
class Transaction {
public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

private:
  Database& database_;
  bool open_ = true;
};

/// A part of a transaction that may fail by itself: undone unless kept.
class Savepoint {
public:
  explicit Savepoint(Database& database);
  ~Savepoint();
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  void keep();

private:
  Database& database_;
  bool open_ = true;
};

}  // namespace etna::store
