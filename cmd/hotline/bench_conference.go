package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	pionrtp "github.com/pion/rtp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/playback"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/cmd/hotline/measure/tones"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/sip"
)

// BenchConferenceCmd is "hotline bench conference".
type BenchConferenceCmd struct {
	For time.Duration `help:"How long the three talk." default:"10m"`
	PPM float64       `help:"How much faster than true the clock of the agent's headset is, in millionths." default:"100" name:"ppm"`
}

// Run measures and prints.
func (*BenchConferenceCmd) Run(env *Env, parent *BenchCmd) error {
	return parent.one(env, "conference")
}

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

func (c *BenchConferenceCmd) measure(b bench) (measured, error) {
	prompts, err := promptCache()
	if err != nil {
		return nil, err
	}
	r, err := startRig(b.env.Ctx, rigConfig{
		Models: b.Models, ASR: b.Model, Cache: prompts, SIP: conferenceSIP(), Prompts: []string{"好的，为您转人工，您说过的我都记下了，请稍等。"},
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.close() }()
	if err := r.awaitPrompts(b.env.Ctx, nil); err != nil {
		return nil, err
	}
	length := c.For
	if b.Quick {
		length = min(length, 15*time.Second)
	}
	return holdConference(b.env.Ctx, r, b.env.Log, length, c.PPM)
}

// conferencePhone is the extension of the third party.
const conferencePhone = "8001"

func conferenceSIP() string {
	return fmt.Sprintf("users: [{name: %q, password: %q}]", conferencePhone, demoPassword)
}

// conference is three parties: a caller in A-law, an agent in Opus whose clock is wrong, and a phone in G.722.
type conference struct {
	r       *rig
	parties []*conferee
	leg     *sip.Leg
	agent   *deskAgent

	answered, hungUp time.Time // of the caller's call

	ends []func() error
}

// holdConference has three parties speak and listen for a while.
func holdConference(ctx context.Context, r *rig, log *slog.Logger, length time.Duration, ppm float64) (*conferenceResult, error) {
	c := &conference{r: r}
	defer func() {
		for _, end := range slices.Backward(c.ends) {
			_ = end()
		}
	}()
	if err := c.seat(); err != nil {
		return nil, err
	}
	if err := c.gather(ctx, log, ppm); err != nil {
		return nil, err
	}
	pause(ctx, 3*time.Second) // jitter buffers find their delay
	for _, p := range c.parties {
		p.forget()
	}
	used, err := r.cpu()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	pause(ctx, length)
	took := time.Since(began)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	after, err := r.cpu()
	if err != nil {
		return nil, err
	}
	result := &conferenceResult{Seconds: took.Seconds(), PPM: ppm, CPU: 100 * (after - used).Seconds() / took.Seconds()}
	for _, p := range c.parties {
		l := c.listener(p)
		if p.codec.Name != codecs.NameOpus {
			result.Clicks += l.Clicks
		}
		for _, d := range l.Hears {
			result.Drift = max(result.Drift, math.Abs(d.Drift))
		}
		result.Listeners = append(result.Listeners, l)
	}
	c.hungUp = time.Now()
	if err := c.leg.Hangup(ctx, "done"); err != nil {
		return nil, err
	}
	result.Recording, err = c.recording(ctx, began, began.Add(took))
	return result, err
}

// seat makes the parties.
func (c *conference) seat() error {
	for _, p := range []struct {
		name, codec string
		clock       int
		voice       tones.Voice
	}{
		{"caller", codecs.NamePCMA, 8000, tones.Voice{Low: 437, High: 671}},
		{"agent", codecs.NameOpus, 48000, tones.Voice{Low: 953, High: 1217}},
		{"peer", codecs.NameG722, 8000, tones.Voice{Low: 1549, High: 1823}},
	} {
		codec, _ := codecs.Default().Find(p.codec, p.clock)
		party, err := newConferee(p.name, codec, p.voice)
		if err != nil {
			return err
		}
		c.parties = append(c.parties, party)
	}
	return nil
}

// gather has the caller ask for a person, and the agent call the phone and join all.
func (c *conference) gather(ctx context.Context, log *slog.Logger, ppm float64) (err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	caller, headset, peer := c.parties[0], c.parties[1], c.parties[2]
	if err := c.r.addUser(ctx, demoAgent, "坐席", "agent", demoPassword); err != nil {
		return err
	}
	if c.agent, err = signIn(context.WithoutCancel(ctx), c.r, demoAgent, demoPassword); err != nil {
		return err
	}
	c.ends = append(c.ends, c.agent.close)
	c.agent.voice.codec, c.agent.voice.says = headset.codec, headset.mouth.Fill
	c.agent.voice.tick = time.Duration(float64(media.Tick) / (1 + ppm/1e6))
	c.agent.voice.hears = func(at time.Time, p *pionrtp.Packet, pcm []int16) { headset.hear(at, &p.Header, pcm) }
	if err := c.agent.connect(ctx, c.r); err != nil {
		return err
	}
	if err := c.agent.command(ctx, http.MethodPut, "/desk/me/state", map[string]string{"state": "ready"}); err != nil {
		return err
	}
	wideband, err := codecs.Default().Only(codecs.NameG722)
	if err != nil {
		return err
	}
	lifted := make(chan error, 1)
	third, err := startSoftphone(ctx, softphoneConfig{
		Codecs: wideband, Log: log, OnPacket: peer.packet, Server: "sip:" + c.r.UDP, User: conferencePhone, Password: demoPassword,
		Answer: func(ctx context.Context, in *sip.Invitation) {
			leg, err := in.Answer(ctx)
			if err == nil {
				err = peer.telephone(leg)
			}
			lifted <- err
			if err == nil {
				<-leg.Done()
			}
		},
	})
	if err != nil {
		return err
	}
	c.ends = append(c.ends, third.close)
	telephone, err := startSoftphone(ctx, softphoneConfig{Codecs: onlyPCMA(), Log: log, OnPacket: caller.packet})
	if err != nil {
		return err
	}
	c.ends = append(c.ends, telephone.close)
	if c.leg, err = telephone.dial(ctx, c.r.uri("12345")); err != nil {
		return err
	}
	c.answered = time.Now()
	pause(ctx, 500*time.Millisecond)
	if err := c.leg.SendKeys(0, dtmf.Key('0')); err != nil {
		return err
	}
	select {
	case offer := <-c.agent.offers:
		if err := c.agent.command(ctx, http.MethodPost, "/desk/offers/"+offer.id+"/accept", struct{}{}); err != nil {
			return err
		}
		if err := caller.telephone(c.leg); err != nil {
			return err
		}
		if err := c.command(ctx, offer.conversation, map[string]any{"verb": "consult", "target": map[string]string{"extension": conferencePhone}}); err != nil {
			return err
		}
		select {
		case err := <-lifted:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return hotline.Errorf("bench conference", hotline.CodeTimeout, "the third party is not rung")
		}
		return c.command(ctx, offer.conversation, map[string]any{"verb": "merge"})
	case <-ctx.Done():
		return hotline.Errorf("bench conference", hotline.CodeTimeout, "nobody was rung")
	}
}

// command does something in the conversation as soon as it may be done.
func (c *conference) command(ctx context.Context, conversation string, body map[string]any) error {
	for {
		err := c.agent.command(ctx, http.MethodPost, "/desk/talks/"+conversation+"/command", body)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
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
	dir, err := c.recorded(ctx)
	if err != nil {
		return got, err
	}
	recording, err := playback.Open(dir, nil)
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
		sound := recording.Reader(i)
		pcm, _, err := wav.Read(sound)
		if err := errors.Join(err, sound.Close()); err != nil {
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

// recorded waits until the conversation has ended and returns the folder of its recording.
func (c *conference) recorded(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		events, err := c.r.events(c.leg.Call().CallID)
		if err == nil {
			if _, ended := events[len(events)-1].Body.(hotline.Ended); ended {
				began, err := events[0].Conversation.Time()
				return filepath.Join(c.r.dir, "recordings", filepath.FromSlash(began.Local().Format("2006/01/02")), string(events[0].Conversation)), err
			}
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return "", errors.Join(err, ctx.Err())
		}
	}
}
