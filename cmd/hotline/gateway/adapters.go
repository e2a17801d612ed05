package gateway

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/call"
	"github.com/hotline-cc/hotline/dialog"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/metrics"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/tts"
)

// ear is a recogniser as package call wants it.
type ear struct {
	engine   asr.Recognizer
	hotwords bool
	metrics  *metrics.Metrics
}

// Recognize implements call.Recognizer.
func (e ear) Recognize(ctx context.Context, s call.Speech) (call.Words, error) {
	request := asr.Request{PCM: s.PCM, Speculative: s.Speculative}
	if e.hotwords {
		request.Hotwords = s.Hotwords
	}
	r, err := e.engine.Recognize(ctx, request)
	if ctx.Err() != nil {
		return call.Words{}, ctx.Err() // the caller went on speaking; that is no failure
	}
	if err != nil {
		e.metrics.RecognitionFailed(hotline.CodeOf(err))
		return call.Words{}, err
	}
	e.metrics.Recognised(metrics.Recognition{
		Audio: r.Audio, Queued: r.Queued, Elapsed: r.Elapsed, Speculative: s.Speculative, Rejected: r.Rejected,
	})
	return call.Words{Text: r.Text, Raw: r.Raw, Confidence: r.Confidence, LogProb: r.LogProb, Rejected: r.Rejected}, nil
}

// voice speaks a dialog's prompts, out of the cache where it can.
type voice struct {
	speech  *Speech
	clock   media.Clock
	metrics *metrics.Metrics
}

// Speak implements call.Voice.
func (v voice) Speak(ctx context.Context, p dialog.Prompt, emit func(pcm []int16) error) (bool, error) {
	asked := v.clock.Now()
	var first time.Duration
	source, err := v.speech.Cache.Speak(ctx, v.speech.request(p), func(pcm []int16) error {
		if first == 0 {
			first = v.clock.Now().Sub(asked)
		}
		return emit(pcm)
	})
	if err == nil {
		v.metrics.Synthesised(string(source), first)
	}
	return source == tts.SourceCache, err
}

// line is a leg whose conversation stands still while the call is on hold.
type line struct{ *sip.Leg }

// Join implements call.Leg.
func (l line) Join(sink media.Sink, source media.Source) error {
	return l.Leg.Join(sink, patiently(source, l.Leg))
}

// patiently makes a source wait while a call is on hold; no source stays none.
func patiently(source media.Source, leg *sip.Leg) media.Source {
	if source == nil {
		return nil
	}
	return patient{source, leg}
}

// patient is a source that waits while the call is on hold: the conversation's time stands still, so
// that nothing is said to nobody and silence does not count.
type patient struct {
	media.Source
	leg *sip.Leg
}

// ReadFrame implements media.Source.
func (p patient) ReadFrame(pcm []int16) bool {
	return !p.leg.Held() && p.Source.ReadFrame(pcm)
}
