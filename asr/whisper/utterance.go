package whisper

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline/asr"
)

// settings are how an utterance is decoded.
type settings struct {
	margin      int           // encoder positions behind the sound
	floor       int           // least encoder positions
	lead        time.Duration // silence put before the sound
	suppressNST bool          // no brackets, notes and other marks that are not speech
	beam        int           // 1 is greedy
	bonus       float64       // on the logit of a token that continues a hotword
	loudness    float64       // that quiet speech is raised to; see level
}

// position is what one encoder position covers.
const position = 20 * time.Millisecond

// liveSettings were chosen on 20 human clips over an A-law line, whole and 12 dB down; the character
// error rates in per cent, where one character is half a point:
//
//	as here, with floor 384 and margin 128  11.2  11.2
//	no silence in front                     15.3  14.8   and surer of what it invents for noise
//	not levelled either                     15.3  29.1
//	300 ms in front                         12.8  14.8
//	500 ms in front                         12.8  15.8
//	whisper-cli, all its time               13.3
//
// The context was chosen with BenchmarkContext on those clips and on 90 synthesised ones, in eight
// voices, with spelling mistakes in what they should say; milliseconds for a human one on two threads:
//
//	floor  margin   human  synthesised
//	 256     64     11.7      32.3      478
//	 256     96     11.7      31.2      474
//	 256    128     11.7      30.8      476
//	 384    128     11.2      29.7      572
//	 512    128     11.2      29.7      789
//	all 1500        14.3      28.6     2454
//
// Marks suppressed or not made no difference. A prompt costs the base model 3 to 5 points, so hotwords
// do not go there. The bonus instead recognised 12 of 12 hotwords, without it 9, and left sentences
// and words that only resemble hotwords as they were.
var liveSettings = settings{margin: 96, floor: 256, lead: 200 * time.Millisecond, suppressNST: true, beam: 1, loudness: 0.2, bonus: 2}

// context returns the encoder positions for audio of a length, a multiple of 64 up to limit.
func (s settings) context(audio time.Duration, limit int) int {
	need := int((audio+position-1)/position) + s.margin
	need = (need + 63) / 64 * 64
	return min(max(need, s.floor), limit)
}

// maxTokens bounds a decode that runs away: nobody speaks 8 tokens a second.
func maxTokens(audio time.Duration) int { return int(8*audio.Seconds()) + 16 }

// samples converts an utterance for the model, with silence after it up to a second.
func (s settings) samples(pcm []int16) []float32 {
	lead := int(s.lead * asr.SampleRate / time.Second)
	out := make([]float32, lead+max(len(pcm), asr.SampleRate))
	spoken := out[lead:][:len(pcm)]
	for i, x := range pcm {
		spoken[i] = float32(x) / 32768
	}
	if s.loudness > 0 {
		level(spoken, s.loudness)
	}
	return out
}

// guarded decodes an utterance in a context of its own size. While the guards doubt the result and
// there is time, it decodes again: in twice the context while that is less than half of it all, and
// in the full one.
func (e *Engine) guarded(ctx context.Context, s *state, r asr.Request, threads int) (asr.Result, error) {
	samples := e.settings.samples(r.PCM)
	audio := time.Duration(len(samples)) * time.Second / asr.SampleRate
	full := e.model.context()
	j := job{
		threads:     threads,
		audioCtx:    e.settings.context(audio, full),
		maxTokens:   maxTokens(audio),
		beam:        e.settings.beam,
		suppressNST: e.settings.suppressNST,
		language:    r.Language,
		words:       e.model.spellings(r.Hotwords),
		bonus:       e.settings.bonus,
	}
	began := time.Now()
	best, doubtful, err := e.once(ctx, s, j, samples, r)
	for err == nil && doubtful && j.audioCtx < full {
		larger := 2 * j.audioCtx
		if 2*larger > full { // all of it is not far beyond
			larger = full
		}
		if !e.mayTake(ctx, time.Since(began)*time.Duration(larger)/time.Duration(j.audioCtx)) {
			break
		}
		j.audioCtx = larger
		began = time.Now()
		var again asr.Result
		if again, doubtful, err = e.once(ctx, s, j, samples, r); err == nil {
			best = better(best, again, doubtful)
			best.Retried = true
		}
	}
	return best, err
}

// better returns the second of two results unless it is in doubt and the first says more surely what
// was said. When the one doubt is that they are short, the longer one is better.
func better(first, second asr.Result, doubtful bool) asr.Result {
	if doubtful && first.Rejected == "" && second.Rejected == "" {
		if len(first.Text) > len(second.Text) {
			return first
		}
		return second
	}
	if doubtful && first.Text != "" && (second.Text == "" || first.LogProb > second.LogProb) {
		return first
	}
	return second
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
