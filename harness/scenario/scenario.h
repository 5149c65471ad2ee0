// The IR: one lowered scenario, ready to run. Plain structs with ==, no behaviour. Every front end (script
// text now; protobuf bytes and a builder later) ends here, and the runner, the printer and the fuzzer start
// here. Fragments, matrix and repeat are already expanded; one Scenario is one case, one set of matrix
// values, one IP version.
#ifndef HARNESS_SCENARIO_SCENARIO_H_
#define HARNESS_SCENARIO_SCENARIO_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"

namespace tcpspec::scenario {

// Where a step stands in its source. `file` is as given on the command line; line and column count from 1.
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;
  bool operator==(const SourceLocation&) const = default;
};

// ---- Times
// -------------------------------------------------------------------------------------------------
// packetdrill's forms. A range's `to` equals `from` where one instant is meant. kAny has neither.
enum class TimeKind : std::uint8_t {
  kAbsolute,  // `.5`, `a~b`: from the start of the scenario
  kRelative,  // `+.1`, `+a~+b`: after the previous event's stamp
  kAny,       // `*`
};
struct TimeSpec {
  TimeKind kind = TimeKind::kRelative;
  Duration from;
  Duration to;
  // `a...b`: a call that begins at `from` and must return at `blocks_until` (same kind of time).
  std::optional<Duration> blocks_until;
  bool operator==(const TimeSpec&) const = default;
};

// ---- Numbers
// ----------------------------------------------------------------------------------------------- A sum of
// literals and captured values: `1`, `$W`, `1+$W-10`.
struct Term {
  bool negative = false;
  std::variant<std::int64_t, std::string> value;  // literal, or the name of a captured value
  bool operator==(const Term&) const = default;
};
struct Number {
  std::vector<Term> terms;
  bool operator==(const Number&) const = default;
};

enum class Relation : std::uint8_t { kAny, kEqual, kAtLeast, kAtMost, kNotEqual };
// What a field of a packet may be: `...` any, `N`, `>= N`, `<= N`, `!= N`; `let X` captures what came.
struct NumberPattern {
  Relation relation = Relation::kAny;
  Number number;
  std::string capture;  // empty: none
  bool operator==(const NumberPattern&) const = default;
};

// ---- TCP options
// -------------------------------------------------------------------------------------------
enum class OptionKind : std::uint8_t { kEol, kNop, kMss, kWscale, kSackPermitted, kSack, kTimestamps, kRaw };
struct OptionSpec {
  OptionKind kind = OptionKind::kNop;
  // mss, wscale: values[0]; TS: val, ecr; sack: left, right, left, right… (relative to the acknowledged
  // side).
  std::vector<NumberPattern> values;
  std::uint8_t raw_kind = 0;  // kRaw: written as `kind N [hex]`; the length octet is computed…
  Bytes raw_data;
  std::optional<std::uint8_t> raw_length;  // …unless it is said: `kind N length L [hex]` (deliberate damage)
  bool operator==(const OptionSpec&) const = default;
};
enum class OptionMatch : std::uint8_t {
  kExactly,   // the list as it stands, order and padding included; an empty list asserts that there are none
  kAnything,  // `<...>`
  kContains,  // `<opts contain a, b lack c>`
};
struct OptionList {
  OptionMatch match = OptionMatch::kExactly;
  std::vector<OptionSpec> options;  // exactly, or contained
  std::vector<OptionKind> lacking;  // kContains only
  bool operator==(const OptionList&) const = default;
};

// ---- Packets
// -----------------------------------------------------------------------------------------------
enum class Direction : std::uint8_t {
  kIn,
  kOut
};  // in: injected towards the target (`<`); out: expected (`>`)

// What is compared of an expected packet.
enum class PacketForm : std::uint8_t {
  kSegment,  // packetdrill's form: flags seq:end(length) [ack N] [win N] [urg N] [options]
  kData,     // `data A:B [fin] [ack …] [win …]`: the octets A..B-1 in any legal segmentation
  kAck,  // `ack N`, `ack >= N`: a segment without SYN, FIN, RST and text whose ACK fits; lower ones may come
         // first
};

// Bits of the flag field plus AE (bit 8), as in RFC 9293 §3.1.
inline constexpr std::uint16_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10, kUrg = 0x20,
                               kEce = 0x40, kCwr = 0x80, kAe = 0x100;

enum class EcnMark : std::uint8_t { kUnset, kNotEct, kEct0, kEct1, kCe };

struct IpSpec {
  EcnMark ecn = EcnMark::kUnset;
  std::optional<std::uint8_t> tos;
  std::optional<std::uint8_t> ttl;
  bool operator==(const IpSpec&) const = default;
};

// Deliberate damage to an injected packet, applied after everything else was computed. `damage NAME[=N]`.
struct Damage {
  std::string
      kind;  // from damage_kinds() in vocabulary.h: bad-checksum, bad-ip-checksum, data-offset, truncate, …
  std::optional<std::int64_t> value;
  bool operator==(const Damage&) const = default;
};

struct PacketSpec {
  PacketForm form = PacketForm::kSegment;
  std::string connection;  // empty: the scenario's main one
  IpSpec ip;
  std::uint16_t flags = 0;
  std::vector<std::uint16_t> also_flags;  // `F./FP.`: further flag sets that are as good (out only)
  bool any_sequence = false;              // `...` instead of seq:end(len)
  bool absolute_sequence = false;         // `seq!`
  Number seq_start, seq_end;
  std::int64_t length = 0;
  bool with_fin = false;  // kData: the last octet is followed by FIN
  std::optional<NumberPattern> ack;
  std::optional<NumberPattern> window;
  std::optional<NumberPattern> urgent;
  std::string capture_isn;  // `isn let X`: the absolute sequence number of the packet
  OptionList options;
  std::optional<Bytes>
      payload;                 // explicit bytes; otherwise the stream's pattern, see harness/packet/stream.h
  std::vector<Damage> damage;  // in only
  bool operator==(const PacketSpec&) const = default;
};

// ICMP towards the target: `icmp TYPE [CODE] [mtu N] [seq:end(len)]`, quoting a packet of the connection.
struct IcmpSpec {
  std::string connection;
  std::string type;  // destination_unreachable, packet_too_big, time_exceeded, source_quench, …
  std::string code;  // "", host_unreachable, port_unreachable, frag_needed, …
  std::optional<std::int64_t> mtu;
  Number quoted_seq;  // of the target's packet that is quoted, relative to the target's ISN
  bool operator==(const IcmpSpec&) const = default;
};

// ---- Steps
// -------------------------------------------------------------------------------------------------
struct Inject {
  std::variant<PacketSpec, IcmpSpec> packet;
  bool operator==(const Inject&) const = default;
};

struct Step;
enum class Grade : std::uint8_t { kPass, kTolerated, kFail };
// `or [tolerated "why" | fail "why"] > PACKET [continue]` or `or … silence D`, then an optional `{ … }`.
struct Alternative {
  Grade grade = Grade::kPass;
  std::string why;
  std::optional<PacketSpec> packet;  // none: nothing comes for `silence`
  Duration silence;
  bool rejoins = false;  // `continue`: after its own steps, the main line goes on
  std::vector<Step> steps;
  bool operator==(const Alternative&) const;
};
struct Expect {
  PacketSpec packet;
  bool optional = false;  // `>?`: may come within its time; if not, the scenario goes on
  std::vector<Alternative> alternatives;
  bool operator==(const Expect&) const;
};

// `silence D [on NAME]`: nothing at all comes for D, repeated ACKs and retransmissions included.
struct Silence {
  Duration duration;
  std::string connection;
  bool operator==(const Silence&) const = default;
};

// Arguments and results of calls, as written; the runner gives them their meaning.
struct Value;
using ValueList = std::vector<Value>;
struct Ellipsis {
  bool operator==(const Ellipsis&) const = default;
};
struct Symbols {  // SOL_SOCKET, or A|B
  std::vector<std::string> names;
  bool operator==(const Symbols&) const = default;
};
struct Value {
  struct Field;
  std::variant<Ellipsis, Number, Symbols, std::string, ValueList, std::vector<Field>> is;
  bool hex = false;  // a number that was written in hexadecimal
  bool operator==(const Value&) const;
};
struct Value::Field {
  std::string name;
  Value value;
  bool operator==(const Field&) const = default;
};

struct Call {
  std::string name;
  ValueList arguments;
  std::optional<Value> result;  // none: not compared
  std::string error;            // "ECONNREFUSED"; empty: none
  std::string note;             // `(…)` after the result, free text
  bool operator==(const Call&) const;
};

// `assert A op B` over captured values.
enum class Comparison : std::uint8_t { kEqual, kNotEqual, kLess, kAtMost, kGreater, kAtLeast };
struct Assert {
  Number left;
  Comparison comparison = Comparison::kEqual;
  Number right;
  bool operator==(const Assert&) const = default;
};

// `peer …`: the reference stack plays our side through a Link.
enum class PeerAction : std::uint8_t {
  kConnect,            // peer connect            opens towards the target's port
  kListen,             // peer listen             waits for the target's connect
  kSend,               // peer send N             octets of the stream pattern
  kShutdown,           // peer shutdown           half-close
  kClose,              // peer close
  kAbort,              // peer abort
  kExpectEstablished,  // peer established
  kExpectReceived,     // peer received N     N octets have arrived in all, equal to the pattern
  kExpectEof,          // peer eof            the target's FIN has arrived
  kExpectClosed,       // peer closed         our TCB is gone, in order
  kExpectReset,        // peer reset
};
struct Peer {
  PeerAction action = PeerAction::kConnect;
  std::int64_t count = 0;
  bool operator==(const Peer&) const = default;
};

// `link …`: what the link between peer and target does, from now on.
enum class LinkFault : std::uint8_t { kLose, kDelay, kDuplicate, kReorder, kCorrupt, kClear };
enum class LinkSide : std::uint8_t { kBoth, kToTarget, kFromTarget };
// Which packets: all, or those of a class; the first `count` of them, every nth, or a share by seed.
struct LinkRule {
  LinkFault fault = LinkFault::kLose;
  LinkSide side = LinkSide::kBoth;
  std::string predicate = "any";      // any syn synack ack data fin fin-ack rst
  std::optional<std::int64_t> first;  // the first N that fit
  std::optional<std::int64_t> every;  // every Nth that fits
  std::optional<std::int64_t> percent;
  Duration delay;  // kDelay, kReorder
  bool operator==(const LinkRule&) const = default;
};

struct Step {
  SourceLocation where;
  std::string text;  // the source line, as the reader wrote it (after ${…} was replaced), for messages
  bool from_fragment = false;
  TimeSpec time;
  std::variant<Inject, Expect, Silence, Call, Assert, Peer, LinkRule> action;
  bool operator==(
      const Step&) const;  // compares time and action; where, text and from_fragment are provenance
};

// ---- The scenario
// ------------------------------------------------------------------------------------------
enum class FileKind : std::uint8_t { kScript, kCase, kRegression };
enum class App : std::uint8_t { kNone, kEcho, kSink, kSource, kStall, kCloser, kShutwr, kHold };

struct ConnectionSpec {
  std::string name;
  std::string like;                 // same 4-tuple as that one; empty: a tester port of its own
  std::optional<std::int64_t> isn;  // the tester's ISN; none: drawn from the seed
  bool isn_relative = false;        // …relative to the ISN of `like`
  bool closed_port = false;         // towards a port on which nothing listens
  bool operator==(const ConnectionSpec&) const = default;
};

struct Scenario {
  FileKind kind = FileKind::kCase;
  std::string id;  // "half-close/fin-wait-2-data"; without the IP version
  IpVersion ip = IpVersion::kV4;
  SourceLocation where;             // of the case
  std::string title;                // the comment above the case, one line
  std::string catches;              // `//@ catches`: the wrong behaviour it finds
  std::vector<std::string> covers;  // ledger rows
  std::string finding;              // regression: the monitor rule
  std::string formerly;
  std::vector<std::string> given;  // names, for people
  std::vector<std::string> tags;
  std::vector<std::string> needs;
  std::map<std::string, std::string> policies;
  std::map<std::string, std::string> options;  // `--name=value` lines
  App app = App::kNone;
  std::int64_t app_count = 0;  // source N
  bool app_active = false;     // the application connects (its fragment does): needs active-open
  bool strict = false;         // `//@ strict`: nothing is permitted unless it is expected
  std::vector<ConnectionSpec> connections;
  std::vector<Step> steps;
  bool operator==(const Scenario&) const = default;
};

// "half-close/fin-wait-2-data [v4]": what reports and selections use.
[[nodiscard]] std::string full_id(const Scenario& scenario);

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_SCENARIO_H_
