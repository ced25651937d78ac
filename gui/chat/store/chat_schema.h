#pragma once

#include <span>

#include "gui/store/migration.h"

namespace etna::chats {

/// "Etna" as SQLite's application_id.
constexpr int application_id = 0x45746E61;

/// The steps that make the chat database. Steps that were released never change; new ones are added.
///
/// Meaning of the tables, version 1:
///   chat        a conversation: title, folder, pin, trash, settings (JSON), and where its shown branch begins
///   message     what somebody wrote; never changed once it is done. Chats that were branched share messages.
///   node        a message's place in a chat's tree. Messages with one parent are versions of each other; each node
///   knows
///               which of its children is shown, so a chat is read from its first message down.
///   piece       what a reply has grown by since it began; becomes part of the message when it ends
///   run         how a reply was asked for and how it went; several where it was continued
///   draft, folder, attachment, message_attachment
///   message_words, chat_words   full-text indexes over finished messages and over titles
/// Version 2:
///   queued      messages that wait for the end of a reply; places in order, from 1
///   draft_attachment   files of the draft (place 0) and of queued messages
std::span<const store::Migration> chat_migrations();

/// The tables in the order in which they can be filled.
std::span<const char* const> chat_tables();

}  // namespace etna::chats
