package metrics

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Gauge registers a value that is asked for at each scrape. It fails when the name is taken.
func (m *Metrics) Gauge(name, help string, value func() float64) error {
	return m.register(name, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// Counter registers a value that only grows and is asked for at each scrape. Its name ends in
// _total. It fails when the name is taken.
func (m *Metrics) Counter(name, help string, value func() uint64) error {
	read := func() float64 { return float64(value()) }
	return m.register(name, prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

func (m *Metrics) register(name string, c prometheus.Collector) error {
	if err := m.registry.Register(c); err != nil {
		return fmt.Errorf("register metric %s: %w", name, err)
	}
	return nil
}

// SpeechChild registers the state of the speech child process.
func (m *Metrics) SpeechChild(ready func() bool, restarts func() uint64) error {
	if err := m.Counter("hotline_speech_restarts_total", "Times the speech child process was started again.", restarts); err != nil {
		return err
	}
	return m.Gauge("hotline_speech_up", "Whether the speech child process is ready.", func() float64 {
		if ready() {
			return 1
		}
		return 0
	})
}

// SynthesisCache registers the cache of spoken prompts.
func (m *Metrics) SynthesisCache(hits, misses func() uint64) error {
	if err := m.Counter("hotline_synthesis_cache_hits_total", "Prompts that had been rendered before.", hits); err != nil {
		return err
	}
	return m.Counter("hotline_synthesis_cache_misses_total", "Prompts that had to be rendered.", misses)
}

// SIPDropped registers the messages that are thrown away for one reason: rate, scanner …
func (m *Metrics) SIPDropped(reason string, count func() uint64) error {
	return m.register("hotline_sip_dropped_total", prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "hotline_sip_dropped_total", Help: "SIP messages left unanswered, by why.", ConstLabels: prometheus.Labels{"reason": reason},
	}, func() float64 { return float64(count()) }))
}

// Lateness is how well a pacer has kept time: Counts[i] ticks were at most Bounds[i] late and later
// than the bound before; the last count has no bound.
type Lateness struct {
	Members int
	Skipped uint64 // ticks left out after a stall
	Bounds  []time.Duration
	Counts  []uint64
	Sum     time.Duration
}

// Pacer registers the pacer of the media. It fails when there is one already.
func (m *Metrics) Pacer(snapshot func() Lateness) error {
	return m.register("hotline_pacer", &pacer{
		snapshot: snapshot,
		late:     prometheus.NewDesc("hotline_pacer_lateness_seconds", "How much later than due streams were ticked.", nil, nil),
		members:  prometheus.NewDesc("hotline_pacer_streams", "Streams that are ticked.", nil, nil),
		skipped:  prometheus.NewDesc("hotline_pacer_skipped_ticks_total", "Ticks left out after a stall.", nil, nil),
	})
}

// pacer turns one snapshot into metrics that agree with one another.
type pacer struct {
	snapshot               func() Lateness
	late, members, skipped *prometheus.Desc
}

// Describe tells what there will be; see prometheus.Collector.
func (p *pacer) Describe(to chan<- *prometheus.Desc) {
	to <- p.late
	to <- p.members
	to <- p.skipped
}

// Collect takes a snapshot; see prometheus.Collector.
func (p *pacer) Collect(to chan<- prometheus.Metric) {
	s := p.snapshot()
	var total uint64
	buckets := make(map[float64]uint64, len(s.Bounds))
	for i, n := range s.Counts {
		total += n
		if i < len(s.Bounds) {
			buckets[s.Bounds[i].Seconds()] = total
		}
	}
	to <- prometheus.MustNewConstHistogram(p.late, total, s.Sum.Seconds(), buckets)
	to <- prometheus.MustNewConstMetric(p.members, prometheus.GaugeValue, float64(s.Members))
	to <- prometheus.MustNewConstMetric(p.skipped, prometheus.CounterValue, float64(s.Skipped))
}
