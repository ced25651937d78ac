// The languages that models write most, by table. A word list of a few lines per language is enough for colours.
#include <QHash>
#include <array>

#include "gui/transcript/code/highlighter.h"

namespace etna::gui {
namespace {

QStringList words(const char* list) {
  return QString::fromLatin1(list).split(u' ', Qt::SkipEmptyParts);
}

CodeLanguage c_like(const char* names, const char* keywords, const char* types) {
  CodeLanguage language;
  language.names = words(names);
  language.keywords = words(keywords);
  language.types = words(types);
  language.line_comments = {QStringLiteral("//")};
  language.comment_begin = QStringLiteral("/*");
  language.comment_end = QStringLiteral("*/");
  return language;
}

CodeLanguage hash_like(const char* names, const char* keywords, const char* types) {
  CodeLanguage language;
  language.names = words(names);
  language.keywords = words(keywords);
  language.types = words(types);
  language.line_comments = {QStringLiteral("#")};
  return language;
}

CodeLanguage python() {
  CodeLanguage language = hash_like(
      "python py python3 ipython pycon",
      "and as assert async await break class continue def del elif else except finally for from global if import in is "
      "lambda match case nonlocal not or pass raise return try while with yield None True False",
      "int float str bool list dict set tuple bytes object type range len print open self cls super enumerate zip map "
      "filter sorted sum min max abs any all isinstance Exception ValueError TypeError KeyError");
  language.long_strings = {QStringLiteral("\"\"\""), QStringLiteral("'''")};
  return language;
}

CodeLanguage script() {
  CodeLanguage language = c_like(
      "javascript js jsx typescript ts tsx node mjs",
      "async await break case catch class const continue debugger default delete do else export extends finally for "
      "from function if import in instanceof interface let new of return static super switch this throw try type "
      "typeof "
      "var void while with yield true false null undefined enum implements private public protected readonly as "
      "declare "
      "namespace abstract",
      "Array Boolean Date Error JSON Map Math Number Object Promise RegExp Set String Symbol console document window "
      "any "
      "string number boolean never unknown");
  language.long_strings = {QStringLiteral("`")};
  return language;
}

CodeLanguage c_plus_plus() {
  return c_like(
      "c++ cpp cc cxx h hpp c glsl cuda metal hlsl arduino objc",
      "alignas alignof auto break case catch class concept const consteval constexpr constinit const_cast continue "
      "co_await co_return co_yield decltype default delete do dynamic_cast else enum explicit export extern false for "
      "friend goto if inline mutable namespace new noexcept nullptr operator override final private protected public "
      "register reinterpret_cast requires return sizeof static static_assert static_cast struct switch template this "
      "thread_local throw true try typedef typeid typename union using virtual volatile while uniform layout in out",
      "bool char char8_t char16_t char32_t double float int long short signed size_t unsigned void wchar_t int8_t "
      "int16_t "
      "int32_t int64_t uint8_t uint16_t uint32_t uint64_t std string vector map set unique_ptr shared_ptr optional "
      "span "
      "vec2 vec3 vec4 mat3 mat4 NULL");
}

CodeLanguage java() {
  return c_like(
      "java kotlin kt scala groovy",
      "abstract assert break case catch class const continue default do else enum extends final finally for fun "
      "goto if implements import in instanceof interface is native new null object override package private "
      "protected public return sealed static super switch synchronized this throw throws transient true false "
      "try val var void volatile when while yield record def trait",
      "boolean byte char double float int long short String Integer Long Double Float Boolean Object List Map "
      "Set Int Unit Any System");
}

CodeLanguage c_sharp() {
  return c_like(
      "csharp cs c# fsharp",
      "abstract as async await base break case catch class const continue default delegate do else enum event "
      "explicit extern false finally fixed for foreach get goto if implicit in interface internal is lock "
      "namespace new null operator out override params private protected public readonly record ref return "
      "sealed set sizeof static struct switch this throw true try typeof using value var virtual void while "
      "yield",
      "bool byte char decimal double float int long object sbyte short string uint ulong ushort Console List "
      "Dictionary Task");
}

CodeLanguage rust() {
  CodeLanguage language = c_like("rust rs",
                                 "as async await break const continue crate dyn else enum extern false fn for if impl "
                                 "in let loop match mod move mut "
                                 "pub ref return self Self static struct super trait true type unsafe use where while",
                                 "bool char f32 f64 i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize str String Vec "
                                 "Option Some None Result Ok Err "
                                 "Box Rc Arc HashMap HashSet");
  // A single quote also begins a lifetime.
  language.quotes = QStringLiteral("\"");
  return language;
}

CodeLanguage go() {
  CodeLanguage language = c_like(
      "go golang",
      "break case chan const continue default defer else fallthrough for func go goto if import interface map package "
      "range return select struct switch type var true false nil iota",
      "bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 "
      "uint32 uint64 uintptr any append cap close copy delete len make new panic print println recover");
  language.long_strings = {QStringLiteral("`")};
  return language;
}

CodeLanguage swift() {
  return c_like(
      "swift dart",
      "actor as associatedtype async await break case catch class continue default defer deinit do else enum "
      "extension fallthrough false fileprivate final for func guard if import in init inout internal is lazy let "
      "mutating nil open operator override private protocol public repeat required rethrows return self static "
      "struct subscript super switch throw throws true try typealias var void weak where while",
      "Any Array Bool Character Dictionary Double Float Int Optional Set String Void");
}

CodeLanguage php() {
  CodeLanguage language = c_like(
      "php",
      "abstract and array as break callable case catch class clone const continue declare default do echo else elseif "
      "empty enum extends final finally fn for foreach function global if implements include instanceof interface "
      "isset match namespace new or print private protected public readonly require require_once return static "
      "switch this throw trait try unset use var while yield true false null",
      "bool float int iterable mixed object string void self parent");
  language.line_comments << QStringLiteral("#");
  return language;
}

CodeLanguage shell() {
  return hash_like(
      "bash sh shell zsh fish console shell-session powershell ps1 dockerfile docker makefile make cmake",
      "if then else elif fi case esac for in do done while until function return local export readonly "
      "declare set unset shift exit trap break continue source alias FROM RUN CMD COPY ADD ENV ARG WORKDIR "
      "EXPOSE ENTRYPOINT USER VOLUME LABEL foreach endif endforeach",
      "cd ls echo printf cat grep sed awk find xargs mkdir rm cp mv chmod chown curl wget tar git sudo apt pip "
      "npm docker python python3 ssh kill ps test read true false");
}

CodeLanguage ruby() {
  return hash_like(
      "ruby rb elixir ex crystal",
      "alias and begin break case class def do else elsif end ensure false for if in module next nil not or "
      "redo rescue retry return self super then true undef unless until when while yield require attr_reader "
      "attr_accessor defmodule fn",
      "Array Hash Integer String Symbol puts print raise");
}

CodeLanguage data() {
  CodeLanguage language =
      hash_like("yaml yml toml ini conf properties env json jsonc json5 jsonl", "true false null yes no on off", "");
  language.line_comments << QStringLiteral("//");
  return language;
}

CodeLanguage sql() {
  CodeLanguage language;
  language.names = words("sql sqlite postgresql postgres mysql plsql tsql");
  language.keywords = words(
      "add all alter and as asc begin between by case check column commit constraint create cross default delete desc "
      "distinct drop else end exists foreign from full group having if in index inner insert into is join key left "
      "like "
      "limit not null offset on or order outer primary references returning right rollback select set table then union "
      "unique update using values view when where with recursive over partition true false");
  language.types = words(
      "bigint blob boolean char date decimal float int integer numeric real serial smallint text "
      "timestamp varchar avg coalesce count max min sum now");
  language.line_comments = {QStringLiteral("--")};
  language.comment_begin = QStringLiteral("/*");
  language.comment_end = QStringLiteral("*/");
  language.ignores_case = true;
  return language;
}

CodeLanguage markup() {
  CodeLanguage language;
  language.names = words("html xml svg xhtml vue svelte qrc ui rss");
  language.comment_begin = QStringLiteral("<!--");
  language.comment_end = QStringLiteral("-->");
  language.tags = true;
  return language;
}

CodeLanguage css() {
  CodeLanguage language = c_like("css scss less", "important media import keyframes supports include mixin",
                                 "auto none inherit initial block inline flex grid absolute relative fixed solid");
  language.line_comments.clear();
  return language;
}

CodeLanguage qml() {
  return c_like("qml",
                "import property signal readonly required default alias function component pragma enum if else for "
                "return let const var on true false null undefined as",
                "int real double bool string color url var list date rect point size Item Rectangle Text QtObject");
}

CodeLanguage lua() {
  CodeLanguage language;
  language.names = words("lua haskell hs ada vhdl");
  language.keywords = words(
      "and break do else elseif end false for function goto if in local nil not or repeat return then "
      "true until while where let data type module import case of instance class deriving");
  language.types = words("print pairs ipairs require self string table math Int String Maybe Just Nothing IO");
  language.line_comments = {QStringLiteral("--")};
  language.comment_begin = QStringLiteral("--[[");
  language.comment_end = QStringLiteral("]]");
  return language;
}

CodeLanguage lisp() {
  CodeLanguage language;
  language.names = words("lisp scheme clojure clj elisp racket asm nasm");
  language.keywords = words("def defn defun define lambda let if cond do loop fn quote and or not when unless");
  language.types = words("nil true false t");
  language.line_comments = {QStringLiteral(";")};
  language.quotes = QStringLiteral("\"");
  return language;
}

CodeLanguage statistics() {
  return hash_like(
      "r julia jl perl pl nim",
      "function if else for while repeat break next return in TRUE FALSE NULL NA library require end do let "
      "struct mutable module using import export begin const my our sub use foreach unless elsif",
      "c list data.frame print paste Int64 Float64 Vector Matrix String");
}

CodeLanguage latex() {
  CodeLanguage language;
  language.names = words("latex tex bibtex");
  language.line_comments = {QStringLiteral("%")};
  language.quotes.clear();
  return language;
}

CodeLanguage difference() {
  CodeLanguage language;
  language.names = words("diff patch");
  language.whole_line_marks = true;
  return language;
}

}  // namespace

const CodeLanguage* code_language(const QString& name) {
  static const std::array languages = {
      python(), script(), c_plus_plus(), java(), c_sharp(), rust(), go(),   swift(), php(),        shell(),     ruby(),
      data(),   sql(),    markup(),      css(),  qml(),     lua(),  lisp(), latex(), statistics(), difference()};
  static const QHash<QString, const CodeLanguage*> by_name = [] {
    QHash<QString, const CodeLanguage*> table;
    for (const CodeLanguage& language : languages) {
      for (const QString& each : language.names) table.insert(each, &language);
    }
    return table;
  }();
  return by_name.value(name.toLower(), nullptr);
}

}  // namespace etna::gui
