#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/session/memory_messages.h"
#include "hub/api.h"
#include "hub/downloads.h"
#include "hub/environment.h"
#include "hub/model_move.h"
#include "hub/space.h"
#include "hub/token.h"
#include "hub/versions.h"

/// What the Models page asks of the world: the hub, the downloads, the models on this computer. Values in, values out,
/// so that a made-up hub can stand in its place (tests/gui/offline).
namespace etna::gui {

/// All that a card shows of a repository at one commit.
struct HubCard {
  hub::ModelInfo info;
  hub::Tree tree;
  hub::Versions versions;
  std::vector<std::string> present;  ///< beside each version: what to load if all of it is here, else empty
};

/// Whose folder it is decides what may be done to the files in it.
enum class FolderOwner { user, hugging_face, lm_studio, ollama, llama_cpp };

struct LibraryFolder {
  std::string path;
  FolderOwner owner = FolderOwner::user;
  bool online = true;  ///< false: its disk is not there; its models stay in the list
  std::uint64_t models = 0;
  std::uint64_t bytes = 0;
  bool operator==(const LibraryFolder&) const = default;
};

struct LibraryFile {
  std::string name;
  std::uint64_t bytes = 0;
  bool operator==(const LibraryFile&) const = default;
};

/// A model on this computer.
struct LibraryModel {
  std::string path;  ///< what is loaded: a folder or a GGUF file; no two are the same
  std::string name;
  std::string publisher;   ///< empty: not known
  std::string repository;  ///< "org/name"; empty: not from a hub
  std::string commit;
  std::string version;  ///< "4-bit (Q4_K_M)"
  std::string architecture;
  std::uint64_t parameters = 0;  ///< 0: not known
  std::uint64_t bytes = 0;       ///< on the disk
  std::string folder;            ///< LibraryFolder::path
  FolderOwner owner = FolderOwner::user;
  bool online = true;
  std::int64_t verified = 0;  ///< Unix time of the last check that found it whole; 0: never checked
  bool damaged = false;       ///< a check found that a file is not what it should be
  bool check_waits = false;   ///< it is being checked in the background, or will be
  std::vector<LibraryFile> files;
  std::vector<std::string> adapters;
  bool operator==(const LibraryModel&) const = default;
};

/// A file or folder that looks like a model and can't be used.
struct UnusableModel {
  std::string path;
  std::string name;
  std::string reason;                ///< "Part 3 of 4 is missing"
  std::string repository;            ///< not empty: the rest can be downloaded
  std::vector<std::string> missing;  ///< files of the repository; empty: all it needs
  bool operator==(const UnusableModel&) const = default;
};

struct LibraryScan {
  std::vector<LibraryFolder> folders;
  std::vector<LibraryModel> models;
  std::vector<UnusableModel> unusable;
};

/// Something that was moved to the trash.
struct Trashed {
  std::string ticket;  ///< for restore()
  std::string name;
  std::uint64_t bytes = 0;     ///< that are free once it is deleted for good
  std::int64_t unix_time = 0;  ///< when it was moved there
  bool operator==(const Trashed&) const = default;
};

/// What a person chose of the way to the hub; what the environment says goes before it. Holds no secret.
struct HubChoices {
  std::string endpoint;        ///< checked by hub::checked_endpoint; empty: huggingface.co
  std::string token_endpoint;  ///< the one mirror that may get the token; empty: none may
  hub::NetworkSettings::Proxy proxy = hub::NetworkSettings::Proxy::system;
  std::string proxy_address;  ///< manual: checked by hub::checked_proxy
  std::string proxy_user;
  std::string no_proxy;           ///< manual: hosts that are asked without it, "localhost,.example.org"
  std::string ca_file;            ///< PEM file trusted besides the system's certificates; empty: none
  bool offline = false;           ///< never connect
  std::string cache;              ///< folder of downloads; empty: where huggingface_hub keeps them
  std::uint64_t speed_limit = 0;  ///< of all downloads together, bytes per second; 0: none
  int files_at_once = 2;          ///< 1 … 4
  bool operator==(const HubChoices&) const = default;
};

/// A model that lies in another folder now.
struct MovedModel {
  std::string path;     ///< LibraryModel::path there
  Trashed old;          ///< what it was before; no ticket: it could not go to the trash and is still there
  std::string problem;  ///< why it could not
};

/// What a check in the background found, or how far it is.
struct CheckNews {
  enum class State {
    waiting,  ///< for something more important
    checking,
    checked,
    damaged,
    unreadable
  };

  std::string path = {};  ///< of the model
  State state = State::checking;
  double progress = 0;      ///< of checking, 0 to 1
  std::string reason = {};  ///< of unreadable
};

using MoveReport = std::function<void(hub::CopyPhase phase, std::uint64_t done, std::uint64_t total)>;

/// How Etna reaches the hub. Never holds a token.
struct HubAccess {
  std::string host;      ///< "huggingface.co"
  bool offline = false;  ///< the user (or the environment) said: never connect
  bool signed_in = false;
  std::string token_place;  ///< "the environment variable HF_TOKEN"; empty without a token
  std::string token_file;   ///< where other programs' one is looked for
  std::string endpoint;     ///< "https://huggingface.co"
  bool endpoint_is_default = true;
  bool endpoint_gets_token = true;
  hub::TokenOrigin token_origin = hub::TokenOrigin::environment;  ///< of a token that is there
  std::string token_problem;                                      ///< why a token that is there can't be read
  std::string secret_place;         ///< where sign_in() keeps a token: "the desktop's password store", a path
  bool has_proxy_password = false;  ///< kept at the same place
  std::string cache;                ///< where downloads go
  hub::HubEnvironment::Variables variables;
  bool operator==(const HubAccess&) const = default;
};

/// Every function may be called from any thread; all but pasted() wait for servers or disks, so not on the screens'.
/// Errors are exceptions: hub::HubError for everything between here and a server, Error for the rest.
class HubService {
public:
  virtual ~HubService() = default;

  // Access and settings.

  /// Looks at the password store the first time.
  virtual HubAccess access() = 0;

  /// Holds from the next request on. Running downloads stand still for a moment and go on with it.
  virtual void configure(const HubChoices& choices) = 0;

  /// Asks the hub whose token it is, and keeps it if it is somebody's. Errors never show it.
  virtual hub::Account sign_in(const std::string& token, const std::stop_token& stop) = 0;

  /// Of the token in use. The hub counts these strictly.
  virtual hub::Account who_am_i(const std::stop_token& stop) = 0;

  /// Forgets the token of the store, or else the one in the file.
  virtual void sign_out() = 0;

  /// Kept as a token is; empty: forgotten.
  virtual void set_proxy_password(const std::string& password) = 0;

  /// Returns if a hub answers at this address, asked without a token and otherwise as it is configured.
  virtual void try_endpoint(const std::string& endpoint, const std::stop_token& stop) = 0;

  /// Returns if files of a gated repository may be read; touches none.
  virtual void check_access(const std::string& repository, const std::stop_token& stop) = 0;

  /// Whether this computer is connected to anything; sends nothing.
  virtual bool has_network() = 0;

  /// One request.
  virtual hub::SearchPage search(const hub::SearchQuery& query, const std::string& cursor,
                                 const std::stop_token& stop) = 0;

  /// Info and tree: two requests.
  virtual HubCard card(const std::string& id, const std::string& revision, const std::stop_token& stop) = 0;

  /// The README's text; empty if there is none.
  virtual std::string readme(const HubCard& card, const std::stop_token& stop) = 0;

  /// The headers of a version's weights, by ranged requests. The same question is answered from memory the next time.
  virtual ModelDescription describe(const HubCard& card, const hub::ModelVersion& version,
                                    const std::stop_token& stop) = 0;

  /// A model that a person pasted as link or name; none if the text is no such thing. Asks nobody.
  virtual std::optional<hub::PastedModel> pasted(const std::string& text) = 0;

  // Downloads. The queue opens with the first of these calls.
  virtual void listen(hub::DownloadListener listener) = 0;
  virtual std::vector<hub::DownloadStatus> downloads() = 0;
  virtual void download(hub::DownloadRequest request) = 0;
  virtual void pause(hub::DownloadId id) = 0;
  virtual void resume(hub::DownloadId id) = 0;
  virtual void cancel(hub::DownloadId id, hub::CancelledFiles files) = 0;
  virtual void move(hub::DownloadId id, std::size_t index) = 0;

  // The library.
  virtual LibraryScan library(const std::stop_token& stop) = 0;
  virtual void link_folder(const std::string& folder) = 0;
  virtual void unlink_folder(const std::string& folder) = 0;
  virtual Trashed trash(const LibraryModel& model) = 0;
  virtual void restore(const std::string& ticket) = 0;

  /// Reads all of a model and compares it with what it should be: true if it is whole, false if not, none if nobody
  /// knows what it should be.
  virtual std::optional<bool> check(const LibraryModel& model, const std::stop_token& stop) = 0;

  /// Of the disk that downloads go to.
  virtual hub::Space space() = 0;

  // The library: other folders and the trash.

  /// Brings a model to another folder, which becomes a linked one; what it was before goes to the trash. After an
  /// exception, a stop included, the model is where it was and nowhere else.
  virtual MovedModel move_model(const LibraryModel& model, const std::string& folder, const MoveReport& report,
                                const std::stop_token& stop) = 0;

  /// A download goes on in this folder, which becomes a linked one.
  virtual void download_elsewhere(hub::DownloadId id, const std::string& folder) = 0;

  /// What Etna moved to the trash and is still there, newest first.
  virtual std::vector<Trashed> trash_contents() = 0;
  virtual void delete_for_good(const std::string& ticket) = 0;

  /// Models of the caches that nobody has checked are checked in the background, each once, after library() saw them.
  /// The listener is called on threads of the service, with the progress of check(), too.
  virtual void listen_checks(std::function<void(const CheckNews&)> listener) = 0;

  /// While true those in the background wait: a download or an answer needs the disk and the processor.
  virtual void hold_checks(bool hold) = 0;
};

/// The executable chooses: the real one of gui/hub/real_hub.cpp, or a stand-in.
std::unique_ptr<HubService> make_hub_service();

}  // namespace etna::gui
