package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// mediaMetrics is how sound travelled.
type mediaMetrics struct {
	packets           *prometheus.CounterVec
	lost, late        prometheus.Counter
	concealed         prometheus.Counter
	jitter, roundTrip prometheus.Histogram
	mos               prometheus.Histogram
}

func newMedia(f factory) mediaMetrics {
	return mediaMetrics{
		packets:   f.counters("hotline_rtp_packets_total", "RTP packets of ended calls, by direction.", "direction"),
		lost:      f.counter("hotline_rtp_lost_packets_total", "RTP packets of ended calls that never came."),
		late:      f.counter("hotline_rtp_late_packets_total", "RTP packets of ended calls that came too late to be played."),
		concealed: f.counter("hotline_rtp_concealed_seconds_total", "Sound made up for what was lost or late, in ended calls."),
		jitter:    f.histogram("hotline_rtp_jitter_seconds", "Interarrival jitter at the end of a call (RFC 3550 section 6.4.1).", jitterBuckets),
		roundTrip: f.histogram("hotline_rtp_round_trip_seconds", "Round trip as the peer's reports tell, at the end of a call.", setupBuckets),
		mos:       f.histogram("hotline_rtp_mos", "Estimated quality of a call as received, 1…4.5 (ITU-T G.107).", []float64{1.5, 2, 2.5, 3, 3.25, 3.5, 3.75, 4, 4.1, 4.2, 4.3, 4.4}),
	}
}

// Media is how the sound of one call travelled. RoundTrip and MOS are 0 when they are not known.
type Media struct {
	Sent, Received, Lost, Late uint64 // packets
	Concealed                  time.Duration
	Jitter, RoundTrip          time.Duration
	MOS                        float64
}

// CallMedia counts the media of a call that has ended.
func (m *Metrics) CallMedia(c Media) {
	m.media.packets.WithLabelValues("sent").Add(float64(c.Sent))
	m.media.packets.WithLabelValues("received").Add(float64(c.Received))
	m.media.lost.Add(float64(c.Lost))
	m.media.late.Add(float64(c.Late))
	m.media.concealed.Add(max(c.Concealed, 0).Seconds())
	if c.Received > 0 {
		m.media.jitter.Observe(c.Jitter.Seconds())
	}
	if c.RoundTrip > 0 {
		m.media.roundTrip.Observe(c.RoundTrip.Seconds())
	}
	if c.MOS > 0 {
		m.media.mos.Observe(c.MOS)
	}
}
