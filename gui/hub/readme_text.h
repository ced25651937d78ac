#pragma once

#include <QString>

namespace etna::gui {

/// A model card as Markdown of ours: without its YAML head, HTML comments and HTML tags (their text stays), cut at a
/// paragraph where it is very long. What remains is parsed by markdown_blocks, which makes no markup of it.
QString readme_text(const QString& card);

}  // namespace etna::gui
