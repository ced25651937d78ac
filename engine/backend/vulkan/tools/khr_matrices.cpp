#include "engine/backend/vulkan/tools/khr_matrices.h"

#include <cstring>
#include <map>
#include <string_view>

namespace etna::spirv {

namespace {

using Word = std::uint32_t;
using Words = std::span<const Word>;

enum Op : Word {
  op_source = 3,
  op_source_extension = 4,
  op_name = 5,
  op_member_name = 6,
  op_extension = 10,
  op_capability = 17,
  op_type_int = 21,
  op_type_float = 22,
  op_constant_true = 41,
  op_constant_false = 42,
  op_constant = 43,
  op_type_matrix_nv = 5358,
  op_load_nv = 5359,
  op_store_nv = 5360,
  op_multiply_add_nv = 5361,
  op_length_nv = 5362,
  op_type_matrix_khr = 4456,
  op_load_khr = 4457,
  op_store_khr = 4458,
  op_multiply_add_khr = 4459,
};

constexpr Word magic = 0x07230203;
constexpr Word matrix_nv = 5357, matrix_khr = 6022;  // capabilities
constexpr Word bfloat16_type = 5116, bfloat16_matrix = 5118;
constexpr Word bfloat16_encoding = 0;

enum Use : Word { left = 0, right = 1, sum = 2 };

Word op_of(Words instruction) {
  return instruction[0] & 0xffff;
}

void append(std::vector<Word>& code, Op op, std::vector<Word> operands) {
  code.push_back(static_cast<Word>(operands.size() + 1) << 16 | op);
  code.insert(code.end(), operands.begin(), operands.end());
}

void append_extension(std::vector<Word>& code, std::string_view name) {
  std::vector<Word> text(name.size() / 4 + 1, 0);
  std::memcpy(text.data(), name.data(), name.size());
  append(code, op_extension, std::move(text));
}

class Rewriter {
public:
  Rewriter(Words module, Factor factor) : factor_(factor) {
    if (module.size() < 5 || module[0] != magic) throw Malformed("not SPIR-V");
    for (std::size_t at = 5; at < module.size();) {
      const std::size_t length = module[at] >> 16;
      if (length == 0 || at + length > module.size()) throw Malformed("an instruction is cut short");
      instructions_.push_back(module.subspan(at, length));
      at += length;
    }
    code_.assign(module.begin(), module.begin() + 5);
    by_rows_ = code_[3]++;
    by_columns_ = code_[3]++;
    uses_ = code_[3];
    code_[3] += 3;
    bfloat16_ = code_[3]++;
  }

  std::vector<Word> rewritten() {
    find_types();
    find_uses();
    for (const Words instruction : instructions_) write(instruction);
    return std::move(code_);
  }

private:
  void require(Words instruction, std::size_t words) const {
    if (instruction.size() < words) throw Malformed("a matrix instruction is cut short");
  }

  void find_types() {
    for (const Words i : instructions_) {
      const Word op = op_of(i);
      if (op == op_type_matrix_nv) {
        require(i, 6);
        component_[i[1]] = i[2];
      } else if (op == op_type_int && i.size() == 4 && i[2] == 32 && i[3] == 0) {
        uint32_ = i[1];
      } else if (op == op_type_float && i.size() == 3 && i[2] == 16) {
        float16_ = i[1];
      } else if ((op == op_constant_true || op == op_constant_false) && i.size() == 3) {
        boolean_[i[2]] = op == op_constant_true;
      } else if (i.size() > 2 && component_.contains(i[1])) {
        type_of_[i[2]] = i[1];  // instructions with a matrix as their result name its type first
      }
    }
    if (uint32_ == 0) throw Malformed("no 32-bit unsigned type");
  }

  void find_uses() {
    for (const Words i : instructions_) {
      if (op_of(i) != op_multiply_add_nv) continue;
      require(i, 6);
      set_use(type_of(i[3]), left);
      set_use(type_of(i[4]), right);
      set_use(type_of(i[5]), sum);
      set_use(i[1], sum);
    }
  }

  Word type_of(Word value) const {
    const auto found = type_of_.find(value);
    if (found == type_of_.end()) throw Malformed("a factor is no matrix");
    return found->second;
  }

  void set_use(Word type, Use use) {
    const auto [found, added] = use_.try_emplace(type, use);
    if (!added && found->second != use) {
      throw Malformed("one matrix type has two uses: rows, columns and depth must be different constants");
    }
  }

  Word layout(Word by_columns) const {
    const auto found = boolean_.find(by_columns);
    if (found == boolean_.end()) throw Malformed("a matrix's layout is no constant");
    return found->second ? by_columns_ : by_rows_;
  }

  void write_type(Words i) {
    const auto use = use_.find(i[1]);
    if (use == use_.end()) throw Malformed("a matrix type has no use");
    const bool is_factor = use->second != sum;
    if (is_factor && i[2] != float16_) throw Malformed("a factor is not float16");
    const Word component = is_factor && factor_ == Factor::bfloat16 ? bfloat16_ : i[2];
    append(code_, op_type_matrix_khr, {i[1], component, i[3], i[4], i[5], uses_ + use->second});
  }

  void write_capability(Words i) {
    if (i.size() < 2 || i[1] != matrix_nv) return copy(i);
    append(code_, op_capability, {matrix_khr});
    if (factor_ == Factor::float16) return;
    append(code_, op_capability, {bfloat16_type});
    append(code_, op_capability, {bfloat16_matrix});
  }

  void write_extension(Words i) {
    const char* name = reinterpret_cast<const char*>(i.data() + 1);
    if (std::string_view(name, strnlen(name, (i.size() - 1) * 4)) != "SPV_NV_cooperative_matrix") return copy(i);
    append_extension(code_, "SPV_KHR_cooperative_matrix");
    if (factor_ == Factor::bfloat16) append_extension(code_, "SPV_KHR_bfloat16");
  }

  void write_access(Words i, bool load) {
    require(i, load ? 6 : 5);
    const std::size_t pointer = load ? 3 : 1;
    std::vector<Word> operands(i.begin() + 1, i.begin() + (load ? 4 : 3));
    const std::size_t stride = pointer + (load ? 1 : 2);
    operands.push_back(layout(i[stride + 1]));
    operands.push_back(i[stride]);
    operands.insert(operands.end(), i.begin() + static_cast<std::ptrdiff_t>(stride) + 2, i.end());
    append(code_, load ? op_load_khr : op_store_khr, std::move(operands));
  }

  void copy(Words i) { code_.insert(code_.end(), i.begin(), i.end()); }

  void write(Words i) {
    switch (op_of(i)) {
      case op_capability: return write_capability(i);
      case op_extension: return write_extension(i);
      case op_type_matrix_nv: return write_type(i);
      case op_load_nv: return write_access(i, true);
      case op_store_nv: return write_access(i, false);
      case op_multiply_add_nv: return append(code_, op_multiply_add_khr, {i[1], i[2], i[3], i[4], i[5]});
      case op_source:
      case op_source_extension:
      case op_name:
      case op_member_name: return;  // half of the module, and nobody reads them
      case op_length_nv: throw Malformed("lengths of matrices are not rewritten");
      default: break;
    }
    copy(i);
    if (op_of(i) == op_type_float && i.size() > 1 && i[1] == float16_ && factor_ == Factor::bfloat16) {
      append(code_, op_type_float, {bfloat16_, 16, bfloat16_encoding});
    }
    if (op_of(i) == op_type_int && i.size() > 1 && i[1] == uint32_) {
      append(code_, op_constant, {uint32_, by_rows_, 0});
      append(code_, op_constant, {uint32_, by_columns_, 1});
      for (const Word use : {left, right, sum}) append(code_, op_constant, {uint32_, uses_ + use, use});
    }
  }

  Factor factor_;
  std::vector<Words> instructions_;
  std::vector<Word> code_;
  std::map<Word, Word> component_, type_of_;
  std::map<Word, Use> use_;
  std::map<Word, bool> boolean_;
  Word uint32_ = 0, float16_ = 0;
  Word by_rows_ = 0, by_columns_ = 0, uses_ = 0, bfloat16_ = 0;  // ids that are added
};

}  // namespace

std::vector<std::uint32_t> to_khr_matrices(std::span<const std::uint32_t> module, Factor factor) {
  return Rewriter(module, factor).rewritten();
}

}  // namespace etna::spirv
