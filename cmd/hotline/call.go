package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/phone"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/sip/sdp"
)

// CallCmd is a softphone: it places one call, plays files, presses keys and records.
type CallCmd struct {
	Address   string        `arg:"" help:"Whom to call, such as sip:12345@127.0.0.1:5060;transport=tcp."`
	Play      []string      `help:"WAV files (a microphone's too) to say one after the other, each after the other side has finished." short:"p" type:"existingfile" placeholder:"WAV"`
	Keys      string        `help:"Keys to press after the files, such as 0 or 12#." short:"k"`
	Record    string        `help:"Stereo WAV file to write, we left and they right." short:"r" placeholder:"WAV"`
	Codec     string        `help:"Offer only this codec: pcma, pcmu, g722 or opus." placeholder:"NAME"`
	SRTP      string        `help:"Encryption of the sound: off, optional or required." enum:"off,optional,required" default:"off"`
	Bind      string        `help:"Address to call from; it must reach the other side." default:"127.0.0.1"`
	User      string        `help:"Name to log in with when asked."`
	Password  string        `help:"Password to log in with." env:"HOTLINE_CALL_PASSWORD"`
	Silence   time.Duration `help:"Pause after which the other side has finished." default:"1s"`
	Timeout   time.Duration `help:"Longest wait for an answer." default:"20s"`
	Hold      time.Duration `help:"How long to stay after the last step." default:"0s"`
	Greetings bool          `help:"Hear the greeting out before the first file." default:"true" negatable:""`
}

// Run places the call and prints what happens.
func (c *CallCmd) Run(env *Env) (err error) {
	set, err := withCodec(c.Codec)
	if err != nil {
		return err
	}
	keys, err := dtmf.ParseKeys(c.Keys)
	if err != nil {
		return hotline.Errorf("call", hotline.CodeInvalid, "--keys: %w", err)
	}
	policy := map[string]sdp.SRTP{"off": sdp.SRTPOff, "optional": sdp.SRTPOptional, "required": sdp.SRTPRequired}[c.SRTP]
	telephone, err := startSoftphone(env.Ctx, softphoneConfig{Bind: c.Bind, Codecs: set, SRTP: policy, Log: env.Log, Server: c.Address, User: c.User, Password: c.Password})
	if err != nil {
		return err
	}
	defer func() {
		if stopped := telephone.close(); err == nil {
			err = stopped
		}
	}()
	began := time.Now()
	leg, err := telephone.dial(env.Ctx, c.Address)
	if err != nil {
		return err
	}
	c.printf(env, "接通 answered after %d ms, %s", time.Since(began).Milliseconds(), leg.Codec())
	script, err := phone.NewScript(leg, phone.ScriptConfig{Silence: c.Silence, AnswerTimeout: c.Timeout, Stereo: c.Record != ""})
	if err != nil {
		return err
	}
	err = c.talk(env, script, keys)
	select { // the other side may still have something to say
	case <-leg.Done():
	case <-time.After(c.Hold):
	case <-env.Ctx.Done():
	}
	c.hangup(env, leg)
	if c.Record != "" {
		if saved := c.save(script); saved != nil {
			return saved
		}
		c.printf(env, "录音 recording: %s", c.Record)
	}
	return err
}

func (c *CallCmd) talk(env *Env, script *phone.Script, keys []dtmf.Key) error {
	var steps []phone.Step
	if c.Greetings {
		steps = append(steps, phone.Step{Name: "greeting"})
	}
	for _, path := range c.Play {
		pcm, format, err := wav.ReadFile(path)
		if err != nil {
			return err
		}
		steps = append(steps, phone.Step{Name: path, Clip: pcm, Rate: format.Rate})
	}
	if len(keys) > 0 {
		steps = append(steps, phone.Step{Name: "keys " + c.Keys, Keys: keys})
	}
	for _, step := range steps {
		turn, err := script.Do(env.Ctx, step)
		if err != nil {
			return fmt.Errorf("%s: %w", step.Name, err)
		}
		c.printf(env, "%s: 回答 answer of %.1f s after %d ms", step.Name,
			turn.AnswerLast.Sub(turn.AnswerFirst).Seconds(), turn.Latency().Milliseconds())
		if turn.HungUp {
			break
		}
	}
	return nil
}

func (c *CallCmd) hangup(env *Env, leg *sip.Leg) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(env.Ctx), 5*time.Second)
	defer cancel()
	stats := leg.Stats()
	_ = leg.Hangup(ctx, "done")
	c.printf(env, "挂断 ended by %s; 收包 received %d, 丢失 lost %d, 抖动 jitter %.1f ms, MOS %.1f", leg.Ending().By,
		stats.Received.Packets, max(stats.Lost, 0), float64(stats.Jitter.Microseconds())/1000, stats.MOS)
}

func (c *CallCmd) save(script *phone.Script) (err error) {
	file, err := os.Create(c.Record)
	if err != nil {
		return err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	return phone.WriteStereo(file, script.Sent, script.Recorder)
}

func (c *CallCmd) printf(env *Env, format string, args ...any) {
	_, _ = fmt.Fprintf(env.Stdout, format+"\n", args...)
}
