package call

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/resample"
	"github.com/hotline-cc/hotline/media/vad"
)

// captioner writes down what a party says besides the caller, whose words the floor takes. It is one
// goroutine; what the frame path brings waits in a queue, and what does not fit is not captioned.
type captioner struct {
	frames, free chan []int16
	stop         context.CancelFunc
}

const (
	captionTicks   = 100                    // that may wait: 2 s
	captionPause   = 600 * time.Millisecond // ends a sentence
	captionLongest = 15 * time.Second       // is cut
	captionLeast   = 200 * time.Millisecond // of voice
	captionRoll    = 160 * time.Millisecond // before and after the voice belong to it
)

// caption begins to write down what a party says; nil when nobody wants it.
func (c *Conversation) caption(s *seat) (*captioner, error) {
	if c.cfg.Ear == nil {
		return nil, nil
	}
	format := s.leg.Format()
	convert, err := resample.New(format.Rate, HearingRate)
	if err != nil {
		return nil, err
	}
	edges, err := vad.NewSegmenter(vad.Options{
		Start: float32(c.cfg.Tuning.VoiceOn), Exit: float32(c.cfg.Tuning.VoiceOff), MinSpeech: captionLeast, MinSilence: captionPause,
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(c.ctx)
	p := &captioner{frames: make(chan []int16, captionTicks), free: make(chan []int16, captionTicks), stop: stop}
	for range captionTicks {
		p.free <- make([]int16, format.TickSamples())
	}
	detector := c.cfg.Ear()
	c.tasks.Go(func() {
		p.run(ctx, detector, edges, convert, func(pcm []int16) { c.write(ctx, s, pcm) })
	})
	return p, nil
}

// hear takes a frame in the frame path; nil is silence.
func (p *captioner) hear(pcm []int16) {
	select {
	case frame := <-p.free:
		clear(frame[copy(frame, pcm):])
		p.frames <- frame // has room: there are no more buffers than places
	default:
	}
}

func (p *captioner) close() { p.stop() }

// run cuts the stream into sentences.
func (p *captioner) run(ctx context.Context, detector Detector, edges *vad.Segmenter, convert *resample.Resampler, sentence func([]int16)) {
	tape := newTape(HearingRate)
	var judged, from int64
	samples := func(d time.Duration) int64 { return int64(d) * HearingRate / int64(time.Second) }
	speaking := false
	for {
		select {
		case <-ctx.Done():
			return
		case frame := <-p.frames:
			tape.pcm = convert.Process(tape.pcm, frame)
			p.free <- frame
		}
		for tape.length()-judged >= detectorWindow {
			edge, turned := edges.Push(detector.Window(tape.samples(judged, detectorWindow)))
			judged += detectorWindow
			switch {
			case turned && edge.Kind == vad.SpeechStart:
				speaking, from = true, max(edge.At-samples(captionRoll), from)
			case turned && speaking:
				sentence(tape.cut(tape.time(from), tape.time(edge.At+samples(captionRoll))))
				speaking, from = false, edge.At
			case speaking && judged-from >= samples(captionLongest):
				sentence(tape.cut(tape.time(from), tape.time(judged)))
				from = judged
			}
		}
		if keep := judged - samples(captionPause+2*captionRoll); !speaking && keep > from {
			from = keep
		}
		tape.forget(tape.time(from))
	}
}

// write has a sentence recognised and puts it into the log.
func (c *Conversation) write(ctx context.Context, s *seat, pcm []int16) {
	words, err := c.cfg.Recognizer.Recognize(ctx, Speech{PCM: pcm, Speculative: true})
	if err != nil || words.Text == "" {
		if err != nil && ctx.Err() == nil {
			c.cfg.Logger.Info("sentence of a party not recognised", "party", s.who, "error", err)
		}
		return
	}
	c.later(func() {
		if s.party.Aside {
			return // not yet in the conversation
		}
		c.append(hotline.Uttered{
			Party: s.who, Role: string(s.party.Role), Text: words.Text,
			SpeechMS: len(pcm) * 1000 / HearingRate,
		})
	})
}
