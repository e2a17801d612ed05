// Package metrics counts what the gateway does, for Prometheus. Conversations are counted from
// their event log, the one truth about them; the rest is told by whoever it happens to, or pulled
// when it is asked for. Nothing here is global: each Metrics has a registry of its own.
//
// Labels come from closed sets. A value outside them, or beyond a set's bound, counts as "other",
// so that nobody on the line can grow the number of series.
package metrics

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hotline-cc/hotline"
)

// Metrics is all there is to know. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	calls     calls
	events    events
	media     mediaMetrics
	speech    speech
	signaling signaling
}

// New returns a Metrics in which nothing has happened, with those of the process and of Go.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	f := factory{m.registry}
	m.calls, m.events, m.media, m.speech, m.signaling = newCalls(f), newEvents(f), newMedia(f), newSpeech(f), newSignaling(f)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// Buckets of histograms, in seconds.
var (
	// turnBuckets are dense where the goals lie: 0.6…1.6 s.
	turnBuckets   = []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.15, 1.3, 1.6, 2, 3, 5, 10}
	workBuckets   = []float64{0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30}
	setupBuckets  = []float64{0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}
	lengthBuckets = []float64{5, 10, 20, 30, 60, 120, 180, 300, 600, 1200, 3600}
	jitterBuckets = []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32}
)

// factory makes metrics and registers them. A name that comes twice is a mistake in this package.
type factory struct{ registry *prometheus.Registry }

func (f factory) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	f.registry.MustRegister(c)
	return c
}

func (f factory) counters(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	f.registry.MustRegister(c)
	return c
}

func (f factory) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	f.registry.MustRegister(h)
	return h
}

func (f factory) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	f.registry.MustRegister(h)
	return h
}

// other is the label of whatever is not told apart.
const other = "other"

// maxValues is how many values a label of ours may take besides other.
const maxValues = 32

// values bounds what a label may be to the first maxValues that come.
type values struct {
	mu   sync.Mutex
	seen map[string]bool
}

// of returns the label for v, "none" for "".
func (s *values) of(v string) string {
	if v == "" {
		return "none"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[v] {
		return v
	}
	if len(s.seen) >= maxValues || len(v) > 64 {
		return other
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	s.seen[v] = true
	return v
}

// calls are those of SIP and WebRTC.
type calls struct {
	active        prometheus.Gauge
	ended         *prometheus.CounterVec
	setup, length prometheus.Histogram
	results       *values
}

func newCalls(f factory) calls {
	active := prometheus.NewGauge(prometheus.GaugeOpts{Name: "hotline_calls_active", Help: "Calls that were answered and have not ended."})
	f.registry.MustRegister(active)
	return calls{
		active:  active,
		ended:   f.counters("hotline_calls_total", "Calls that are over, by who ended them or why they were never answered.", "result"),
		setup:   f.histogram("hotline_call_setup_seconds", "From the request to its answer.", setupBuckets),
		length:  f.histogram("hotline_call_duration_seconds", "From the answer to the end.", lengthBuckets),
		results: &values{},
	}
}

// CallStarted counts a call that was answered and how long that took. CallEnded must follow.
func (m *Metrics) CallStarted(setup time.Duration) {
	m.calls.active.Inc()
	m.calls.setup.Observe(setup.Seconds())
}

// CallFailed counts a call that was never answered.
func (m *Metrics) CallFailed(why hotline.Code) {
	m.calls.ended.WithLabelValues(m.calls.results.of(string(why))).Inc()
}

// CallEnded counts the end of an answered call: by caller, system or network.
func (m *Metrics) CallEnded(by string, length time.Duration) {
	m.calls.active.Dec()
	m.calls.length.Observe(length.Seconds())
	m.calls.ended.WithLabelValues(m.calls.results.of(by)).Inc()
}

// signaling is SIP.
type signaling struct {
	requests *prometheus.CounterVec
	statuses *values
}

// methods are those of SIP; what else a message may claim to be is "other".
var methods = map[string]bool{
	"INVITE": true, "ACK": true, "BYE": true, "CANCEL": true, "REGISTER": true, "OPTIONS": true, "PRACK": true,
	"SUBSCRIBE": true, "NOTIFY": true, "PUBLISH": true, "INFO": true, "REFER": true, "MESSAGE": true, "UPDATE": true,
}

func newSignaling(f factory) signaling {
	return signaling{
		requests: f.counters("hotline_sip_requests_total", "SIP requests answered, by method and final status.", "method", "status"),
		statuses: &values{},
	}
}

// SIPRequest counts a request that was answered and its final status, 200…699.
func (m *Metrics) SIPRequest(method string, status int) {
	if !methods[method] {
		method = other
	}
	label := ""
	if status >= 100 && status <= 699 {
		label = strconv.Itoa(status)
	}
	m.signaling.requests.WithLabelValues(method, m.signaling.statuses.of(label)).Inc()
}
