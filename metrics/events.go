package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hotline-cc/hotline"
)

// events are the conversations, as their log tells of them.
type events struct {
	begun, ended *prometheus.CounterVec
	turns        *prometheus.CounterVec
	bargeIns     *prometheus.CounterVec
	keys         *prometheus.CounterVec
	acts         *prometheus.CounterVec
	prompts      *prometheus.CounterVec
	stages       *prometheus.HistogramVec
	speculations *prometheus.CounterVec
	degraded     *prometheus.CounterVec
	handovers    *prometheus.CounterVec
	answers      *prometheus.CounterVec
	orders       *prometheus.CounterVec
	lookups      *prometheus.CounterVec

	outcomes, actNames, stageNames, queues, orderKinds, systems *values
}

func newEvents(f factory) events {
	return events{
		begun:    f.counters("hotline_conversations_started_total", "Conversations begun, by channel.", "channel"),
		ended:    f.counters("hotline_conversations_ended_total", "Conversations ended, by who ended them.", "by"),
		turns:    f.counters("hotline_turns_total", "Utterances of callers, by what they were taken for.", "outcome"),
		bargeIns: f.counters("hotline_barge_ins_total", "Utterances over our own speech, by whether they were turns.", "real"),
		keys:     f.counters("hotline_keys_total", "Telephone keys, by the way they came.", "source"),
		acts:     f.counters("hotline_dialog_acts_total", "Turns, by the act they were understood as.", "act"),
		prompts:  f.counters("hotline_prompts_total", "Prompts said, by where their sound came from and whether they were interrupted.", "source", "interrupted"),
		stages: f.histograms("hotline_turn_stage_seconds", "From the caller's last voiced sample to the end of a stage, by stage and whether the answer was cached.",
			turnBuckets, "stage", "cached"),
		speculations: f.counters("hotline_turn_speculations_total", "Turns, by whether the early recognition was used.", "used"),
		degraded:     f.counters("hotline_degraded_total", "Failures that callers were carried over, by stage.", "stage"),
		handovers:    f.counters("hotline_handovers_total", "Conversations handed over, by queue.", "queue"),
		answers:      f.counters("hotline_dialog_answers_total", "Answers from the knowledge, by whether there was one.", "known"),
		orders:       f.counters("hotline_dialog_orders_total", "Work orders and what was done with them, by kind and whether it was filed.", "kind", "filed"),
		lookups:      f.counters("hotline_dialog_lookups_total", "Look-ups in other systems, by system and whether it answered.", "system", "answered"),
		outcomes:     &values{}, actNames: &values{}, stageNames: &values{}, queues: &values{}, orderKinds: &values{}, systems: &values{},
	}
}

var (
	channels   = map[string]bool{string(hotline.ChannelPhone): true, string(hotline.ChannelWeb): true, string(hotline.ChannelChat): true}
	enders     = map[string]bool{"caller": true, "system": true, "network": true}
	keySources = map[string]bool{"rfc4733": true, "info": true, "inband": true}
	sources    = map[string]bool{"cache": true, "live": true, "fallback": true}
)

// among returns v if it is one of a closed set.
func among(set map[string]bool, v string) string {
	if set[v] {
		return v
	}
	return other
}

// Event counts an entry of a conversation's log. Every entry is to be given once, when it is
// written.
func (m *Metrics) Event(body hotline.EventBody) {
	e := &m.events
	switch b := body.(type) {
	case hotline.Started:
		e.begun.WithLabelValues(among(channels, string(b.Channel))).Inc()
	case hotline.Heard:
		e.heard(b)
	case hotline.KeyPressed:
		e.keys.WithLabelValues(among(keySources, b.Source)).Inc()
	case hotline.Decided:
		switch b.What {
		case "understood":
			e.acts.WithLabelValues(e.actNames.of(b.Act)).Inc()
		case "answer", "no_answer":
			e.answers.WithLabelValues(strconv.FormatBool(b.What == "answer")).Inc()
		}
	case hotline.Filed:
		e.orders.WithLabelValues(e.orderKinds.of(b.What), strconv.FormatBool(b.Failed == "")).Inc()
	case hotline.LookedUp:
		e.lookups.WithLabelValues(e.systems.of(b.System), strconv.FormatBool(b.Failed == "")).Inc()
	case hotline.Said:
		e.prompts.WithLabelValues(among(sources, b.Source), strconv.FormatBool(b.Interrupted)).Inc()
	case hotline.TurnTraced:
		m.Turn(b)
	case hotline.Degraded:
		e.degraded.WithLabelValues(e.stageNames.of(b.Stage)).Inc()
	case hotline.HandedOver:
		e.handovers.WithLabelValues(e.queues.of(b.Queue)).Inc()
	case hotline.Ended:
		e.ended.WithLabelValues(among(enders, b.By)).Inc()
	}
}

func (e *events) heard(h hotline.Heard) {
	outcome := "taken"
	switch {
	case h.Rejected != "":
		outcome = e.outcomes.of(h.Rejected)
	case h.Replaces != 0:
		outcome = "continued"
	}
	e.turns.WithLabelValues(outcome).Inc()
	if h.OverPrompt {
		e.bargeIns.WithLabelValues(strconv.FormatBool(h.Rejected == "")).Inc()
	}
}

// Turn counts the times of one turn; Event does so for a hotline.TurnTraced. Stages that were not
// reached are 0 and not counted.
func (m *Metrics) Turn(t hotline.TurnTraced) {
	cached := strconv.FormatBool(t.Cached)
	for _, stage := range []struct {
		name string
		ms   int
	}{
		{"endpoint", t.EndpointMS}, {"recognised", t.RecognisedMS}, {"decided", t.DecidedMS},
		{"first_audio", t.FirstAudioMS}, {"first_sent", t.FirstSentMS},
	} {
		if stage.ms > 0 {
			m.events.stages.WithLabelValues(stage.name, cached).Observe((time.Duration(stage.ms) * time.Millisecond).Seconds())
		}
	}
	m.events.speculations.WithLabelValues(strconv.FormatBool(t.Speculative)).Inc()
}
