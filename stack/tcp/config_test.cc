#include "stack/tcp/config.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace tcpspec::tcp {
namespace {

TEST(Config, DefaultsAreValidAndTheRfcs) {
  const Config config;
  EXPECT_TRUE(validate(config).ok());
  EXPECT_FALSE(config.keepalive);                             // [MUST-25]
  EXPECT_GE(config.keepalive_idle, Duration::seconds(7200));  // [MUST-28]
  EXPECT_LT(config.delayed_ack, Duration::millis(500));       // [MUST-40]
  EXPECT_GE(config.r2_syn, Duration::seconds(180));           // [MUST-23]
  EXPECT_GE(config.r2_data, Duration::seconds(100));          // [SHLD-11]
  EXPECT_GE(config.max_rto, Duration::seconds(60));           // RFC 6298 (2.5)
}

struct Edge {
  const char* name;
  std::function<void(Config&)> good;
  std::function<void(Config&)> bad;
};

std::vector<Edge> edges() {
  const Duration ns = Duration::nanos(1);
  return {
      {"mss", [](Config& c) { c.mss = 20; }, [](Config& c) { c.mss = 19; }},
      {"mss", [](Config& c) { c.mss = 65495; }, [](Config& c) { c.mss = 65496; }},
      {"send_mss_default", [](Config& c) { c.send_mss_default = 20; },
       [](Config& c) { c.send_mss_default = 19; }},
      {"path_mss", [](Config& c) { c.path_mss = 20; }, [](Config& c) { c.path_mss = 19; }},
      {"window_shift", [](Config& c) { c.window_shift = 14; }, [](Config& c) { c.window_shift = 15; }},
      {"receive_buffer", [](Config& c) { c.receive_buffer = 1; }, [](Config& c) { c.receive_buffer = 0; }},
      {"receive_buffer", [](Config& c) { c.receive_buffer = 1U << 30; },
       [](Config& c) { c.receive_buffer = (1U << 30) + 1; }},
      {"send_buffer", [](Config& c) { c.send_buffer = 1; }, [](Config& c) { c.send_buffer = 0; }},
      {"delayed_ack", [=](Config& c) { c.delayed_ack = Duration::millis(500) - ns; },
       [](Config& c) { c.delayed_ack = Duration::millis(500); }},
      {"delayed_ack", [](Config& c) { c.delayed_ack = Duration(); }, [=](Config& c) { c.delayed_ack = -ns; }},
      {"override_timeout", [](Config& c) { c.override_timeout = Duration::seconds(1); },
       [=](Config& c) { c.override_timeout = Duration::seconds(1) + ns; }},
      {"override_timeout", [](Config& c) { c.override_timeout = Duration::millis(100); },
       [=](Config& c) { c.override_timeout = Duration::millis(100) - ns; }},
      {"min_rto", [](Config& c) { c.min_rto = Duration::millis(1); },
       [](Config& c) { c.min_rto = Duration(); }},
      {"max_rto", [](Config& c) { c.max_rto = c.min_rto; }, [=](Config& c) { c.max_rto = c.min_rto - ns; }},
      {"initial_rto", [](Config& c) { c.initial_rto = c.max_rto; },
       [=](Config& c) { c.initial_rto = c.max_rto + ns; }},
      {"r2_syn", [](Config& c) { c.r2_syn = Duration::millis(1); }, [](Config& c) { c.r2_syn = Duration(); }},
      {"r2_data", [](Config& c) { c.r2_data = Duration::millis(1); },
       [](Config& c) { c.r2_data = Duration(); }},
      {"user_timeout", [](Config& c) { c.user_timeout = Duration(); },
       [=](Config& c) { c.user_timeout = -ns; }},
      {"msl", [](Config& c) { c.msl = Duration::millis(1); }, [](Config& c) { c.msl = Duration(); }},
      {"fin_wait_2_timeout", [](Config& c) { c.fin_wait_2_timeout = Duration(); },
       [=](Config& c) { c.fin_wait_2_timeout = -ns; }},
      {"keepalive_idle", [](Config& c) { c.keepalive_idle = Duration::millis(1); },
       [](Config& c) { c.keepalive_idle = Duration(); }},
      {"keepalive_interval", [](Config& c) { c.keepalive_interval = Duration::millis(1); },
       [](Config& c) { c.keepalive_interval = Duration(); }},
      {"keepalive_probes", [](Config& c) { c.keepalive_probes = 1; },
       [](Config& c) { c.keepalive_probes = 0; }},
      {"challenge_ack_limit", [](Config& c) { c.challenge_ack_limit = 0; },
       [](Config& c) { c.challenge_ack_limit = -1; }},
      {"challenge_ack_interval", [](Config& c) { c.challenge_ack_interval = Duration::millis(1); },
       [=](Config& c) { c.challenge_ack_interval = Duration::millis(1) - ns; }},
      {"empty_answer_burst", [](Config& c) { c.empty_answer_burst = 1; },
       [](Config& c) { c.empty_answer_burst = 0; }},
      {"ecn_setup_syns", [](Config& c) { c.ecn_setup_syns = 255; },
       [](Config& c) { c.ecn_setup_syns = 256; }},
      {"ecn_setup_syns", [](Config& c) { c.ecn_setup_syns = 1; }, [](Config& c) { c.ecn_setup_syns = 0; }},
      {"initial_window_segments", [](Config& c) { c.initial_window_segments = 0; },
       [](Config& c) { c.initial_window_segments = -1; }},
      {"initial_window_segments", [](Config& c) { c.initial_window_segments = 10; },
       [](Config& c) { c.initial_window_segments = 11; }},
      {"duplicate_ack_threshold", [](Config& c) { c.duplicate_ack_threshold = 2; },
       [](Config& c) { c.duplicate_ack_threshold = 1; }},
      {"duplicate_ack_threshold", [](Config& c) { c.duplicate_ack_threshold = 100; },
       [](Config& c) { c.duplicate_ack_threshold = 101; }},
      {"tlp_max_ack_delay", [](Config& c) { c.tlp_max_ack_delay = Duration(); },
       [=](Config& c) { c.tlp_max_ack_delay = -ns; }},
      {"tlp_max_ack_delay", [](Config& c) { c.tlp_max_ack_delay = Duration::millis(500); },
       [=](Config& c) { c.tlp_max_ack_delay = Duration::millis(500) + ns; }},
      {"most_sent_records", [](Config& c) { c.most_sent_records = 16; },
       [](Config& c) { c.most_sent_records = 15; }},
      {"most_sent_records", [](Config& c) { c.most_sent_records = 1U << 20; },
       [](Config& c) { c.most_sent_records = (1U << 20) + 1; }},
  };
}

TEST(Config, BothSidesOfEveryEdge) {
  for (const Edge& edge : edges()) {
    SCOPED_TRACE(edge.name);
    Config good;
    edge.good(good);
    // min_rto and max_rto bound others, which follow here.
    if (good.initial_rto > good.max_rto) good.initial_rto = good.max_rto;
    EXPECT_TRUE(validate(good).ok()) << (validate(good).ok() ? "" : validate(good).error());
    Config bad;
    edge.bad(bad);
    ASSERT_FALSE(validate(bad).ok());
    EXPECT_EQ(validate(bad).error().find(edge.name), 0U) << validate(bad).error();
  }
}

TEST(Config, TheMessageTellsValueAndRange) {
  Config config;
  config.window_shift = 15;
  EXPECT_EQ(validate(config).error(), "window_shift is 15, must be 0 to 14");
  config = Config();
  config.override_timeout = Duration::seconds(2);
  EXPECT_EQ(validate(config).error(), "override_timeout is 2.0 s, must be 0.1 to 1.0 s");
}

TEST(Config, TheFirstWrongValueIsNamed) {
  Config config;
  config.msl = Duration();
  config.mss = 3;
  EXPECT_EQ(validate(config).error(), "mss is 3, must be 20 to 65495");
}

}  // namespace
}  // namespace tcpspec::tcp
