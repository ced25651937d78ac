#pragma once

#include <QString>

namespace etna::gui {

/// What a line of Markdown begins, by CommonMark's rules for a line by itself.
struct ListMarker {
  bool is_marker = false;
  bool empty = false;      ///< nothing behind it
  char16_t marker = 0;     ///< - + * . )
  int number = -1;         ///< of . and )
  int content_column = 0;  ///< where its text begins
};

/// Spaces at its begin; a tab fills up to the next fourth column.
int line_indent(QStringView line);

bool is_blank(QStringView line);
bool is_heading(QStringView line);           ///< # …
bool is_rule(QStringView line);              ///< ---, ***, ___
bool is_setext_underline(QStringView line);  ///< --- or === below a paragraph
bool is_table_delimiter(QStringView line);   ///< |---|:--:|
bool is_quote(QStringView line);
ListMarker list_marker(QStringView line);

/// Length of a code fence that the line opens, 0: none. `mark` is set to its character.
int fence_length(QStringView line, char16_t& mark);

/// What has to come for the formula to end that the line opens; empty: it opens none, or ends it too.
QString open_math(QStringView line);

}  // namespace etna::gui
