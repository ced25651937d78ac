#pragma once

#include <string>
#include <vector>

namespace etna::cli {

/// Lines of text in columns as wide as their widest cell, two spaces between them; the last column is as long as it is.
/// Widths are counted in characters.
class Table {
public:
  enum class Align { left, right };

  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  /// Titles and rows, each with a newline.
  std::string text() const;

private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace etna::cli
