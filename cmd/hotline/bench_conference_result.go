package main

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/cmd/hotline/measure/tones"
	"github.com/hotline-cc/hotline/media"
)

// conferenceResult is what came out.
type conferenceResult struct {
	Seconds   float64              `json:"seconds"`
	PPM       float64              `json:"agent_clock_ppm"`
	Clicks    int                  `json:"clicks"`   // of all listeners but the one in Opus, which makes some of several tones by itself
	Drift     float64              `json:"drift_ms"` // the largest of all pairs, without its sign
	CPU       float64              `json:"gateway_cpu_percent"`
	Listeners []conferenceListener `json:"listeners"`
	Recording conferenceRecording  `json:"recording"`
}

// conferenceListener is what one party got.
type conferenceListener struct {
	Name    string            `json:"name"`
	Codec   string            `json:"codec"`
	Clicks  int               `json:"clicks"`
	Longest float64           `json:"longest_click_ms"`
	Residue float64           `json:"residue_db"` // noise of the codecs, beside the tones
	Lost    int               `json:"lost_ticks"`
	Late    int               `json:"late_ticks"` // more than 10 ms
	Hears   []conferenceDelay `json:"hears"`
}

// conferenceDelay is how late one party hears another, milliseconds.
type conferenceDelay struct {
	Who   string  `json:"who"`
	Turns int     `json:"turns"` // of the voice that were heard
	Delay float64 `json:"delay_ms"`
	Drift float64 `json:"drift_ms"` // from the first to the last
	Range float64 `json:"range_ms"` // between the least and the most
}

// conferenceRecording is what the recording holds. A delay is that of a place in it against the clock; what they have
// in common means nothing.
type conferenceRecording struct {
	Length   float64           `json:"length_less_wall_clock_ms"`
	Apart    float64           `json:"channels_apart_ms"` // how much the channels moved against one another
	Clicks   int               `json:"clicks"`
	Channels []conferenceDelay `json:"channels"`
}

// Goals of a conference, and what counts as a click: noise louder than this beside the tones, in dB. Opus makes up to
// -12 dB of two tones by itself.
const (
	plainNoise      = -18
	opusNoise       = -10
	conferenceDrift = 20 // ms
	conferenceTick  = 20 // ms, what a recording may be longer or shorter by
)

func (c *conferenceResult) rows() []measure.Row {
	rows := []measure.Row{
		measure.AtMost("杂音 clicks, but in Opus", float64(c.Clicks), 0, ""),
		measure.AtMost("时延漂移 drift, the most", c.Drift, conferenceDrift, "ms"),
		measure.AtMost("录音长度偏差 recording longer or shorter by", math.Abs(c.Recording.Length), conferenceTick, "ms"),
		measure.AtMost("录音声道错位 channels of it moved apart by", c.Recording.Apart, conferenceDrift, "ms"),
		measure.Plain("", "%.0f s, the agent's clock %+.0f ppm, gateway %.1f %% of a core; recording: %d clicks", c.Seconds, c.PPM, c.CPU, c.Recording.Clicks),
	}
	for _, l := range c.Listeners {
		rows = append(rows, measure.Plain("  "+l.Name, "%s: %d clicks, longest %.0f ms; %d ticks lost, %d late; codecs %.0f dB", l.Codec, l.Clicks, l.Longest, l.Lost, l.Late, l.Residue))
		for _, d := range l.Hears {
			rows = append(rows, measure.Plain("    ← "+d.Who, "%.1f ms, drift %+.1f, range %.1f; %d turns", d.Delay, d.Drift, d.Range, d.Turns))
		}
	}
	return rows
}

// listener is what one party heard of the others.
func (c *conference) listener(p *conferee) conferenceListener {
	var others []*conferee
	var voices []tones.Voice
	for _, o := range c.parties {
		if o != p {
			others, voices = append(others, o), append(voices, o.voice)
		}
	}
	sound, lost, late := p.sound()
	heard := sound.Listen(voices...)
	l := conferenceListener{Name: p.name, Codec: p.codec.Name, Clicks: len(heard.Clicks), Residue: heard.Residue, Lost: lost, Late: late}
	for _, click := range heard.Clicks {
		l.Longest = max(l.Longest, milliseconds(click.Length))
	}
	for i, o := range others {
		l.Hears = append(l.Hears, delayOf(o.name, tones.Delays(o.mouth.Turns(), heard.Turns[i])))
	}
	return l
}

// delayOf tells how a delay went on: medians over some seconds, so that one late packet is not a drift.
func delayOf(name string, delays []tones.Delay) conferenceDelay {
	const together = 8 // turns
	d := conferenceDelay{Who: name, Turns: len(delays)}
	var over []float64
	for some := range slices.Chunk(delays, together) {
		if len(some) < together && len(over) > 0 {
			break
		}
		var all []float64
		for _, one := range some {
			all = append(all, milliseconds(one.Delay))
		}
		over = append(over, median(all))
	}
	if len(over) > 0 {
		d.Delay, d.Drift, d.Range = median(over), over[len(over)-1]-over[0], slices.Max(over)-slices.Min(over)
	}
	return d
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1e3 }

// recording measures that of the call: where in it each voice turned, beside when it was said.
func (c *conference) recording(ctx context.Context, from, to time.Time) (got conferenceRecording, err error) {
	recording, _, err := c.r.recording(ctx, c.conversation)
	if err != nil {
		return got, err
	}
	got.Length = milliseconds(recording.Duration() - c.hungUp.Sub(c.answered))
	rate := recording.Rate
	at := func(sample int) time.Time { return recording.Start.Add(media.Mono(rate).Duration(sample)) }
	first := int(from.Sub(recording.Start).Seconds() * float64(rate))
	var drifts []float64
	for i, channel := range recording.Channels {
		role, _, _ := strings.Cut(channel.Name, ":")
		k := slices.IndexFunc(c.parties, func(p *conferee) bool { return p.name == role })
		if k < 0 {
			continue
		}
		pcm, err := soundOf(recording, i)
		if err != nil {
			return got, err
		}
		last := min(len(pcm), int(to.Sub(recording.Start).Seconds()*float64(rate)))
		heard := tones.Sound{Rate: rate, PCM: pcm[min(first, last):last], At: func(n int) time.Time { return at(n + first) }, Limit: plainNoise}.Listen(c.parties[k].voice)
		got.Clicks += len(heard.Clicks)
		d := delayOf(channel.Name, tones.Delays(c.parties[k].mouth.Turns(), heard.Turns[0]))
		got.Channels = append(got.Channels, d)
		drifts = append(drifts, d.Drift)
	}
	if len(drifts) != len(c.parties) {
		return got, hotline.Errorf("bench conference", hotline.CodeInternal, "%d channels of %d parties", len(drifts), len(c.parties))
	}
	got.Apart = slices.Max(drifts) - slices.Min(drifts)
	return got, nil
}
