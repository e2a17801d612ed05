package metrics

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/hotline-cc/hotline"
)

const ms = time.Millisecond

// scrape serves the metrics and compares the named ones with a text in the exposition format.
func scrape(t *testing.T, m *Metrics, want string, names ...string) {
	t.Helper()
	server := httptest.NewServer(m.Handler())
	defer server.Close()
	if err := testutil.ScrapeAndCompare(server.URL, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

func TestCallsAreCounted(t *testing.T) {
	m := New()
	m.CallStarted(7 * ms)
	m.CallStarted(20 * time.Second)
	m.CallFailed(hotline.CodeOverload)
	m.CallEnded("caller", 70*time.Second)
	scrape(t, m, `
# HELP hotline_calls_active Calls that were answered and have not ended.
# TYPE hotline_calls_active gauge
hotline_calls_active 1
# HELP hotline_calls_total Calls that are over, by who ended them or why they were never answered.
# TYPE hotline_calls_total counter
hotline_calls_total{result="caller"} 1
hotline_calls_total{result="overload"} 1
# HELP hotline_call_setup_seconds From the request to its answer.
# TYPE hotline_call_setup_seconds histogram
hotline_call_setup_seconds_bucket{le="0.001"} 0
hotline_call_setup_seconds_bucket{le="0.002"} 0
hotline_call_setup_seconds_bucket{le="0.005"} 0
hotline_call_setup_seconds_bucket{le="0.01"} 1
hotline_call_setup_seconds_bucket{le="0.025"} 1
hotline_call_setup_seconds_bucket{le="0.05"} 1
hotline_call_setup_seconds_bucket{le="0.1"} 1
hotline_call_setup_seconds_bucket{le="0.25"} 1
hotline_call_setup_seconds_bucket{le="0.5"} 1
hotline_call_setup_seconds_bucket{le="1"} 1
hotline_call_setup_seconds_bucket{le="2.5"} 1
hotline_call_setup_seconds_bucket{le="5"} 1
hotline_call_setup_seconds_bucket{le="10"} 1
hotline_call_setup_seconds_bucket{le="30"} 2
hotline_call_setup_seconds_bucket{le="+Inf"} 2
hotline_call_setup_seconds_sum 20.007
hotline_call_setup_seconds_count 2
`, "hotline_calls_active", "hotline_calls_total", "hotline_call_setup_seconds")
	if got := sums(t, m, "hotline_call_duration_seconds")[""]; got != "1 70.000" {
		t.Errorf("durations: %s, want one of 70 s", got)
	}
}

// The log of a short call, counted.
func TestEventsAreCounted(t *testing.T) {
	m := New()
	for _, body := range []hotline.EventBody{
		hotline.Started{Channel: hotline.ChannelPhone},
		hotline.Said{Source: "cache"},
		hotline.Heard{Turn: 1, Text: "社保"},
		hotline.Decided{Turn: 1, What: "understood", Act: "ask"},
		hotline.Decided{Turn: 1, What: "answer", Entry: "kb.x"},
		hotline.Filed{What: "new"},
		hotline.Filed{What: "urge", Failed: "timeout"},
		hotline.LookedUp{System: "vin"},
		hotline.TurnTraced{Turn: 1, EndpointMS: 600, Cached: true, Speculative: true},
		hotline.Said{Source: "live", Interrupted: true},
		hotline.Heard{Rejected: "backchannel", OverPrompt: true},
		hotline.Heard{Turn: 2, Text: "不对", OverPrompt: true},
		hotline.Heard{Turn: 2, Text: "不对是医保", Replaces: 2},
		hotline.KeyPressed{Key: "0", Source: "rfc4733"},
		hotline.KeyPressed{Key: "0", Source: "telepathy"},
		hotline.Degraded{Stage: "speak", Reason: "no sound"},
		hotline.HandedOver{Queue: "general"},
		hotline.Ended{By: "caller"},
	} {
		m.Event(body)
	}
	scrape(t, m, `
# HELP hotline_barge_ins_total Utterances over our own speech, by whether they were turns.
# TYPE hotline_barge_ins_total counter
hotline_barge_ins_total{real="false"} 1
hotline_barge_ins_total{real="true"} 1
# HELP hotline_conversations_ended_total Conversations ended, by who ended them.
# TYPE hotline_conversations_ended_total counter
hotline_conversations_ended_total{by="caller"} 1
# HELP hotline_conversations_started_total Conversations begun, by channel.
# TYPE hotline_conversations_started_total counter
hotline_conversations_started_total{channel="phone"} 1
# HELP hotline_degraded_total Failures that callers were carried over, by stage.
# TYPE hotline_degraded_total counter
hotline_degraded_total{stage="speak"} 1
# HELP hotline_dialog_acts_total Turns, by the act they were understood as.
# TYPE hotline_dialog_acts_total counter
hotline_dialog_acts_total{act="ask"} 1
# HELP hotline_dialog_answers_total Answers from the knowledge, by whether there was one.
# TYPE hotline_dialog_answers_total counter
hotline_dialog_answers_total{known="true"} 1
# HELP hotline_dialog_lookups_total Look-ups in other systems, by system and whether it answered.
# TYPE hotline_dialog_lookups_total counter
hotline_dialog_lookups_total{answered="true",system="vin"} 1
# HELP hotline_dialog_orders_total Work orders and what was done with them, by kind and whether it was filed.
# TYPE hotline_dialog_orders_total counter
hotline_dialog_orders_total{filed="false",kind="urge"} 1
hotline_dialog_orders_total{filed="true",kind="new"} 1
# HELP hotline_handovers_total Conversations handed over, by queue.
# TYPE hotline_handovers_total counter
hotline_handovers_total{queue="general"} 1
# HELP hotline_keys_total Telephone keys, by the way they came.
# TYPE hotline_keys_total counter
hotline_keys_total{source="other"} 1
hotline_keys_total{source="rfc4733"} 1
# HELP hotline_prompts_total Prompts said, by where their sound came from and whether they were interrupted.
# TYPE hotline_prompts_total counter
hotline_prompts_total{interrupted="false",source="cache"} 1
hotline_prompts_total{interrupted="true",source="live"} 1
# HELP hotline_turn_speculations_total Turns, by whether the early recognition was used.
# TYPE hotline_turn_speculations_total counter
hotline_turn_speculations_total{used="true"} 1
# HELP hotline_turns_total Utterances of callers, by what they were taken for.
# TYPE hotline_turns_total counter
hotline_turns_total{outcome="backchannel"} 1
hotline_turns_total{outcome="continued"} 1
hotline_turns_total{outcome="taken"} 2
`, "hotline_barge_ins_total", "hotline_conversations_ended_total", "hotline_conversations_started_total", "hotline_degraded_total",
		"hotline_dialog_acts_total", "hotline_dialog_answers_total", "hotline_dialog_lookups_total", "hotline_dialog_orders_total", "hotline_handovers_total", "hotline_keys_total", "hotline_prompts_total",
		"hotline_turn_speculations_total", "hotline_turns_total")
}

func TestTurnsAreTimedByStage(t *testing.T) {
	m := New()
	m.Turn(hotline.TurnTraced{EndpointMS: 400, RecognisedMS: 450, DecidedMS: 451, FirstAudioMS: 460, FirstSentMS: 480, Cached: true})
	m.Turn(hotline.TurnTraced{EndpointMS: 600, RecognisedMS: 700, DecidedMS: 701})
	got := sums(t, m, "hotline_turn_stage_seconds")
	want := map[string]string{
		"endpoint true": "1 0.400", "recognised true": "1 0.450", "decided true": "1 0.451", "first_audio true": "1 0.460", "first_sent true": "1 0.480",
		"endpoint false": "1 0.600", "recognised false": "1 0.700", "decided false": "1 0.701",
	}
	if len(got) != len(want) {
		t.Errorf("%d series, want %d", len(got), len(want))
	}
	for stage, sum := range want {
		if got[stage] != sum {
			t.Errorf("%s: %q, want %q", stage, got[stage], sum)
		}
	}
}

// sums returns count and sum of each series of a histogram with the labels stage and cached, or
// one label.
func sums(t *testing.T, m *Metrics, name string) map[string]string {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, series := range family.GetMetric() {
			labels := map[string]string{}
			for _, pair := range series.GetLabel() {
				labels[pair.GetName()] = pair.GetValue()
			}
			key := strings.TrimSpace(labels["stage"] + " " + labels["cached"] + labels["speculative"] + labels["source"])
			got[key] = fmt.Sprintf("%d %.3f", series.GetHistogram().GetSampleCount(), series.GetHistogram().GetSampleSum())
		}
	}
	return got
}

func TestSpeechIsCounted(t *testing.T) {
	m := New()
	m.Recognised(Recognition{Audio: 4 * time.Second, Queued: 10 * ms, Elapsed: 380 * ms})
	m.Recognised(Recognition{Audio: 2 * time.Second, Queued: 20 * ms, Elapsed: 200 * ms, Speculative: true, Rejected: "phantom"})
	m.RecognitionFailed(hotline.CodeOverload)
	m.Synthesised("cache", 2*ms)
	m.Synthesised("live", 300*ms)
	for name, want := range map[string]map[string]string{
		"hotline_recognition_seconds":           {"false": "1 0.380", "true": "1 0.200"},
		"hotline_recognition_queue_seconds":     {"false": "1 0.010", "true": "1 0.020"},
		"hotline_synthesis_first_audio_seconds": {"cache": "1 0.002", "live": "1 0.300"},
	} {
		if got := sums(t, m, name); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	scrape(t, m, `
# HELP hotline_recognition_audio_seconds_total Sound that was recognised.
# TYPE hotline_recognition_audio_seconds_total counter
hotline_recognition_audio_seconds_total 6
# HELP hotline_recognition_failures_total Recognitions that gave an error, by its code.
# TYPE hotline_recognition_failures_total counter
hotline_recognition_failures_total{code="overload"} 1
# HELP hotline_recognition_rejections_total Texts a guard dropped or repaired, by reason.
# TYPE hotline_recognition_rejections_total counter
hotline_recognition_rejections_total{reason="phantom"} 1
`, "hotline_recognition_audio_seconds_total", "hotline_recognition_failures_total", "hotline_recognition_rejections_total")
}

func TestMediaOfEndedCallsAddsUp(t *testing.T) {
	m := New()
	m.CallMedia(Media{Sent: 1000, Received: 990, Lost: 8, Late: 2, Concealed: 200 * ms, Jitter: 3 * ms, RoundTrip: 30 * ms, MOS: 4.05})
	m.CallMedia(Media{Sent: 10}) // nothing came back: no opinion on quality
	scrape(t, m, `
# HELP hotline_rtp_concealed_seconds_total Sound made up for what was lost or late, in ended calls.
# TYPE hotline_rtp_concealed_seconds_total counter
hotline_rtp_concealed_seconds_total 0.2
# HELP hotline_rtp_late_packets_total RTP packets of ended calls that came too late to be played.
# TYPE hotline_rtp_late_packets_total counter
hotline_rtp_late_packets_total 2
# HELP hotline_rtp_lost_packets_total RTP packets of ended calls that never came.
# TYPE hotline_rtp_lost_packets_total counter
hotline_rtp_lost_packets_total 8
# HELP hotline_rtp_packets_total RTP packets of ended calls, by direction.
# TYPE hotline_rtp_packets_total counter
hotline_rtp_packets_total{direction="received"} 990
hotline_rtp_packets_total{direction="sent"} 1010
# HELP hotline_rtp_mos Estimated quality of a call as received, 1…4.5 (ITU-T G.107).
# TYPE hotline_rtp_mos histogram
hotline_rtp_mos_bucket{le="1.5"} 0
hotline_rtp_mos_bucket{le="2"} 0
hotline_rtp_mos_bucket{le="2.5"} 0
hotline_rtp_mos_bucket{le="3"} 0
hotline_rtp_mos_bucket{le="3.25"} 0
hotline_rtp_mos_bucket{le="3.5"} 0
hotline_rtp_mos_bucket{le="3.75"} 0
hotline_rtp_mos_bucket{le="4"} 0
hotline_rtp_mos_bucket{le="4.1"} 1
hotline_rtp_mos_bucket{le="4.2"} 1
hotline_rtp_mos_bucket{le="4.3"} 1
hotline_rtp_mos_bucket{le="4.4"} 1
hotline_rtp_mos_bucket{le="+Inf"} 1
hotline_rtp_mos_sum 4.05
hotline_rtp_mos_count 1
`, "hotline_rtp_concealed_seconds_total", "hotline_rtp_late_packets_total", "hotline_rtp_lost_packets_total", "hotline_rtp_packets_total", "hotline_rtp_mos")
	for _, name := range []string{"hotline_rtp_jitter_seconds", "hotline_rtp_round_trip_seconds"} {
		if got := sums(t, m, name); !strings.HasPrefix(got[""], "1 ") {
			t.Errorf("%s: %v, want one value", name, got)
		}
	}
}

func TestPulledValuesAreThoseOfTheScrape(t *testing.T) {
	m := New()
	restarts, up := uint64(0), true
	register := func(errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
	}
	register(
		m.SpeechChild(func() bool { return up }, func() uint64 { return restarts }),
		m.SynthesisCache(func() uint64 { return 7 }, func() uint64 { return 3 }),
		m.Pacer(func() Lateness {
			return Lateness{Members: 2, Skipped: 1, Bounds: []time.Duration{ms, 5 * ms}, Counts: []uint64{90, 9, 1}, Sum: 150 * ms}
		}),
	)
	restarts, up = 2, false
	scrape(t, m, `
# HELP hotline_pacer_lateness_seconds How much later than due streams were ticked.
# TYPE hotline_pacer_lateness_seconds histogram
hotline_pacer_lateness_seconds_bucket{le="0.001"} 90
hotline_pacer_lateness_seconds_bucket{le="0.005"} 99
hotline_pacer_lateness_seconds_bucket{le="+Inf"} 100
hotline_pacer_lateness_seconds_sum 0.15
hotline_pacer_lateness_seconds_count 100
# HELP hotline_pacer_skipped_ticks_total Ticks left out after a stall.
# TYPE hotline_pacer_skipped_ticks_total counter
hotline_pacer_skipped_ticks_total 1
# HELP hotline_pacer_streams Streams that are ticked.
# TYPE hotline_pacer_streams gauge
hotline_pacer_streams 2
# HELP hotline_speech_restarts_total Times the speech child process was started again.
# TYPE hotline_speech_restarts_total counter
hotline_speech_restarts_total 2
# HELP hotline_speech_up Whether the speech child process is ready.
# TYPE hotline_speech_up gauge
hotline_speech_up 0
# HELP hotline_synthesis_cache_hits_total Prompts that had been rendered before.
# TYPE hotline_synthesis_cache_hits_total counter
hotline_synthesis_cache_hits_total 7
# HELP hotline_synthesis_cache_misses_total Prompts that had to be rendered.
# TYPE hotline_synthesis_cache_misses_total counter
hotline_synthesis_cache_misses_total 3
`, "hotline_pacer_lateness_seconds", "hotline_pacer_skipped_ticks_total", "hotline_pacer_streams", "hotline_speech_restarts_total",
		"hotline_speech_up", "hotline_synthesis_cache_hits_total", "hotline_synthesis_cache_misses_total")
	if err := m.Gauge("hotline_speech_up", "", func() float64 { return 0 }); err == nil {
		t.Error("a name is taken twice")
	}
}

func TestSIPIsCounted(t *testing.T) {
	m := New()
	m.SIPRequest("INVITE", 200)
	m.SIPRequest("FOO", 405)
	if err := m.SIPDropped("rate", func() uint64 { return 1 }); err != nil {
		t.Fatal(err)
	}
	scrape(t, m, `
# HELP hotline_sip_dropped_total SIP messages left unanswered, by why.
# TYPE hotline_sip_dropped_total counter
hotline_sip_dropped_total{reason="rate"} 1
# HELP hotline_sip_requests_total SIP requests answered, by method and final status.
# TYPE hotline_sip_requests_total counter
hotline_sip_requests_total{method="INVITE",status="200"} 1
hotline_sip_requests_total{method="other",status="405"} 1
`, "hotline_sip_dropped_total", "hotline_sip_requests_total")
}

// However many different words come, there are few series.
func TestSeriesAreBounded(t *testing.T) {
	m := New()
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := range 200 {
				word := fmt.Sprintf("word %d", i*200+j)
				m.CallStarted(ms)
				m.CallEnded(word, ms)
				m.SIPRequest(word, 100+(i*200+j)%600)
				m.Recognised(Recognition{Rejected: word})
				m.RecognitionFailed(hotline.Code(word))
				m.Synthesised(word, ms)
				for _, body := range []hotline.EventBody{
					hotline.Started{Channel: hotline.Channel(word)}, hotline.Heard{Rejected: word}, hotline.KeyPressed{Source: word},
					hotline.Decided{What: "understood", Act: word}, hotline.Filed{What: word}, hotline.LookedUp{System: word}, hotline.Said{Source: word}, hotline.Degraded{Stage: word},
					hotline.HandedOver{Queue: word}, hotline.Ended{By: word},
				} {
					m.Event(body)
				}
			}
		})
	}
	all.Wait()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if n := len(f.GetMetric()); strings.HasPrefix(f.GetName(), "hotline_") && n > maxValues+1 {
			t.Errorf("%s has %d series", f.GetName(), n)
		}
	}
	if got := testutil.ToFloat64(m.calls.ended.WithLabelValues(other)); got != 800-maxValues {
		t.Errorf("%v calls ended in other ways, want %d", got, 800-maxValues)
	}
	if strings.Repeat("x", 65) == (&values{}).of(strings.Repeat("x", 65)) {
		t.Error("a text of 65 bytes is a label")
	}
}

func TestNamesFollowTheConventions(t *testing.T) {
	m := New()
	m.CallStarted(ms)
	m.CallEnded("x", ms)
	m.CallFailed("y")
	m.SIPRequest("BYE", 200)
	m.Recognised(Recognition{Rejected: "x"})
	m.RecognitionFailed("x")
	m.Synthesised("live", ms)
	m.CallMedia(Media{Received: 1, RoundTrip: ms, MOS: 4})
	for _, body := range []hotline.EventBody{
		hotline.Started{}, hotline.Heard{OverPrompt: true}, hotline.KeyPressed{}, hotline.Decided{What: "understood"}, hotline.Decided{What: "answer"}, hotline.Filed{}, hotline.LookedUp{}, hotline.Said{},
		hotline.TurnTraced{EndpointMS: 1}, hotline.Degraded{}, hotline.HandedOver{}, hotline.Ended{},
	} {
		m.Event(body)
	}
	if err := m.Pacer(func() Lateness { return Lateness{} }); err != nil {
		t.Error(err)
	}
	problems, err := testutil.GatherAndLint(prometheus.Gatherers{m.registry})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "hotline_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestTwoDoNotShareAnything(t *testing.T) {
	a, b := New(), New()
	a.CallStarted(ms)
	if got := testutil.ToFloat64(b.calls.active); got != 0 {
		t.Errorf("a call of one shows in the other: %v", got)
	}
	if n, err := testutil.GatherAndCount(prometheus.DefaultGatherer, "hotline_calls_active"); err != nil || n != 0 {
		t.Errorf("%d series in the global registry, %v", n, err)
	}
}

func TestScrapeHoldsTheProcess(t *testing.T) {
	server := httptest.NewServer(New().Handler())
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var text strings.Builder
	if err := answer.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		if !strings.Contains(text.String(), "\n"+name+" ") {
			t.Errorf("no %s", name)
		}
	}
}
