#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/commands/commands.h"

/// The verbs of fine-tuning.
namespace etna::cli {

struct LoraOptions {
  std::string config;            ///< recipe file; empty: none
  std::string overrides = "{}";  ///< a recipe of what the command line says, which comes before the file
  std::string device;
  bool resume = false;  ///< go on from the latest checkpoint in the adapter's folder
  std::vector<std::string> sample_prompts;
  bool estimate = false;  ///< only say what it would take
  Output output = Output::text;
};

struct FuseOptions {
  std::string model;
  std::string adapter = "adapters";
  std::string destination = "fused_model";
  bool dequantize = false;
  bool quantize = false;  ///< all of the result
  std::string mode = "affine";
  std::optional<int> bits;
  std::optional<int> group_size;
  bool export_gguf = false;
  Output output = Output::text;
};

struct AdapterOptions {
  std::string source;
  std::string destination;
  bool peft = false;
  std::string base_model;
  Output output = Output::text;
};

int run_lora(const LoraOptions& options);
int run_fuse(const FuseOptions& options);
int run_convert_adapter(const AdapterOptions& options);

}  // namespace etna::cli
