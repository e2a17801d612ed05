package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"time"

	pionrtp "github.com/pion/rtp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/measure/tones"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/dtmf"
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

	conversation hotline.ConversationID

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
		c.conversation = hotline.ConversationID(offer.conversation)
		if err := c.command(ctx, map[string]any{"verb": "consult", "target": map[string]string{"extension": conferencePhone}}); err != nil {
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
		return c.command(ctx, map[string]any{"verb": "merge"})
	case <-ctx.Done():
		return hotline.Errorf("bench conference", hotline.CodeTimeout, "nobody was rung")
	}
}

// command does something in the conversation as soon as it may be done.
func (c *conference) command(ctx context.Context, body map[string]any) error {
	for {
		err := c.agent.command(ctx, http.MethodPost, "/desk/talks/"+string(c.conversation)+"/command", body)
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
