package whisper

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline/asr"
)

// sizes is how a decode is fitted to its utterance.
type sizes struct {
	margin                int // encoder positions after the end of the sound
	floor                 int // least encoder positions
	lead, tail            time.Duration
	suppressNST           bool
	beam                  int
	peak                  float32
	continuing, beginning float64
	prompted              bool
}

// position is what one encoder position covers.
const position = 20 * time.Millisecond

var liveSizes = sizes{margin: 128, floor: 384, suppressNST: true, beam: 1}

// context returns the encoder positions for audio of a length, a multiple of 64 up to limit.
func (z sizes) context(audio time.Duration, limit int) int {
	need := int((audio+position-1)/position) + z.margin
	need = (need + 63) / 64 * 64
	return min(max(need, z.floor), limit)
}

// maxTokens bounds a decode that runs away: nobody speaks 8 tokens a second.
func maxTokens(audio time.Duration) int { return int(8*audio.Seconds()) + 16 }

// samples converts an utterance with silence around it.
func (z sizes) samples(pcm []int16) []float32 {
	lead := int(z.lead * asr.SampleRate / time.Second)
	tail := int(z.tail * asr.SampleRate / time.Second)
	out := make([]float32, lead+max(len(pcm)+tail, asr.SampleRate))
	for i, x := range pcm {
		out[lead+i] = float32(x) / 32768
	}
	if z.peak > 0 {
		var top float32
		for _, x := range out {
			top = max(top, x, -x)
		}
		g := min(z.peak/max(top, 1e-3), 30)
		for i := range out {
			out[i] *= g
		}
	}
	return out
}

// guarded decodes an utterance in a context of its own size, and once more in the full context when
// the guards doubt the result and there is time.
func (e *Engine) guarded(ctx context.Context, s *state, r asr.Request, threads int) (asr.Result, error) {
	samples := e.sizes.samples(r.PCM)
	audio := time.Duration(len(samples)) * time.Second / asr.SampleRate
	full := e.model.context()
	j := job{
		threads:     threads,
		audioCtx:    e.sizes.context(audio, full),
		maxTokens:   maxTokens(audio),
		beam:        e.sizes.beam,
		suppressNST: e.sizes.suppressNST,
		language:    r.Language,
	}
	if e.sizes.prompted {
		j.prompt = asr.Prompt(r.Hotwords)
	}
	if e.sizes.continuing > 0 {
		for _, w := range r.Hotwords {
			if t := e.model.tokens(w); t != nil {
				j.words = append(j.words, t)
			}
		}
		j.continuing, j.beginning = e.sizes.continuing, e.sizes.beginning
	}
	began := time.Now()
	result, retry, err := e.once(ctx, s, j, samples, r)
	if err != nil || !retry || j.audioCtx == full {
		return result, err
	}
	if !e.mayTake(ctx, time.Since(began)*time.Duration(full)/time.Duration(j.audioCtx)) {
		return result, nil
	}
	j.audioCtx = full
	second, _, err := e.once(ctx, s, j, samples, r)
	if err != nil {
		return asr.Result{}, err
	}
	if second.Text == "" && result.Text != "" { // a repaired text is better than none
		second = result
	}
	second.Retried = true
	return second, nil
}

// mayTake tells whether there is time for a decode of that length.
func (e *Engine) mayTake(ctx context.Context, expected time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < expected {
		return false
	}
	return expected <= e.cfg.RetryWithin
}

func (e *Engine) once(ctx context.Context, s *state, j job, samples []float32, r asr.Request) (result asr.Result, retry bool, err error) {
	out, err := s.decode(ctx, j, samples)
	if err != nil {
		return asr.Result{}, false, err
	}
	tokens, raw, logProb := assemble(out.pieces)
	verdict := asr.Guard(asr.Heard{
		Text:     raw,
		LogProb:  logProb,
		NoSpeech: out.noSpeech,
		Audio:    time.Duration(len(r.PCM)) * time.Second / asr.SampleRate,
		Language: r.Language,
		Prompt:   j.prompt,
	})
	return asr.Result{
		Text:       verdict.Text,
		Raw:        raw,
		Tokens:     tokens,
		LogProb:    logProb,
		NoSpeech:   out.noSpeech,
		Confidence: asr.Confidence(verdict, logProb),
		Rejected:   verdict.Rejected,
	}, verdict.Retry, nil
}
