package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hotline-cc/hotline"
)

// speech is recognition and synthesis, as the gateway sees them.
type speech struct {
	decode, queue *prometheus.HistogramVec
	audio         prometheus.Counter
	rejected      *prometheus.CounterVec
	failures      *prometheus.CounterVec
	firstAudio    *prometheus.HistogramVec

	reasons, codes *values
}

func newSpeech(f factory) speech {
	return speech{
		decode:     f.histograms("hotline_recognition_seconds", "Decoding of one utterance.", workBuckets, "speculative"),
		queue:      f.histograms("hotline_recognition_queue_seconds", "Waiting of one utterance for a worker.", workBuckets, "speculative"),
		audio:      f.counter("hotline_recognition_audio_seconds_total", "Sound that was recognised."),
		rejected:   f.counters("hotline_recognition_rejections_total", "Texts a guard dropped or repaired, by reason.", "reason"),
		failures:   f.counters("hotline_recognition_failures_total", "Recognitions that gave an error, by its code.", "code"),
		firstAudio: f.histograms("hotline_synthesis_first_audio_seconds", "From a text to its first sound, by where that came from.", workBuckets, "source"),
		reasons:    &values{},
		codes:      &values{},
	}
}

// Recognition is how one utterance was recognised. Rejected names the guard that tripped; "" is
// none.
type Recognition struct {
	Audio, Queued, Elapsed time.Duration
	Speculative            bool
	Rejected               string
}

// Recognised counts a recognition that gave a result.
func (m *Metrics) Recognised(r Recognition) {
	speculative := strconv.FormatBool(r.Speculative)
	m.speech.decode.WithLabelValues(speculative).Observe(r.Elapsed.Seconds())
	m.speech.queue.WithLabelValues(speculative).Observe(r.Queued.Seconds())
	m.speech.audio.Add(max(r.Audio, 0).Seconds())
	if r.Rejected != "" {
		m.speech.rejected.WithLabelValues(m.speech.reasons.of(r.Rejected)).Inc()
	}
}

// RecognitionFailed counts a recognition that gave an error.
func (m *Metrics) RecognitionFailed(code hotline.Code) {
	m.speech.failures.WithLabelValues(m.speech.codes.of(string(code))).Inc()
}

// Synthesised tells how long a text took to its first sound. source is cache, live or fallback.
func (m *Metrics) Synthesised(source string, firstAudio time.Duration) {
	m.speech.firstAudio.WithLabelValues(among(sources, source)).Observe(firstAudio.Seconds())
}
