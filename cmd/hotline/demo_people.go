package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/resample"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/phone"
	"github.com/hotline-cc/hotline/sip"
)

// agentScript drives the browser of an agent.
//
//go:embed browser/agent.mjs
var agentScript embed.FS

// What an agent of the demonstration logs in with. The gateway is this machine's only and ends with the demonstration.
const (
	demoAgent    = "demo"
	demoPassword = "Quiet7+Lantern-River"
)

// demoTalk is how long the agent talks.
const demoTalk = 9 * time.Second

// loudEnough is the level from which a channel of a recording was spoken on, in dB below full scale.
const loudEnough = -45

// people shows a caller who asks for a person and gets one: an agent in a real browser, whose microphone
// plays a clip. It fails unless each heard the other and the recording has both.
func (c *DemoCmd) people(env *Env, r *rig) error {
	env.printf("\n转人工 a caller asks for a person, an agent answers in a browser")
	packages, err := browserTools()
	if err != nil {
		env.printf("  跳过 left out: %v", err)
		return nil
	}
	spoken, err := loadClips("q_agent", "q_water", "q_power")
	if err != nil {
		return err
	}
	asks, caller, agent := spoken[0], spoken[1], spoken[2]
	if err := r.addUser(env.Ctx, demoAgent, "演示坐席", "agent", demoPassword); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(env.Ctx, 3*time.Minute)
	defer stop()
	steps, err := r.agent(ctx, packages, agent)
	if err != nil {
		return err
	}
	if _, err := steps.await("ready"); err != nil {
		return err
	}
	env.printf("  坐席 agent    就绪 ready, http://%s/console/", r.HTTP)
	telephone, err := startSoftphone(ctx, softphoneConfig{Codecs: onlyPCMA()})
	if err != nil {
		return err
	}
	defer func() { _ = telephone.close() }()
	leg, err := telephone.dial(ctx, r.uri("12345"))
	if err != nil {
		return err
	}
	id, err := r.talkToAgent(ctx, env, leg, steps, asks, caller)
	if err != nil {
		return err
	}
	return r.heardBoth(env, id, caller, agent)
}

// browserTools returns what Node resolves playwright-core from, or what is missing.
func browserTools() (string, error) {
	const how = "run “make demo” in a checkout, which brings Node.js, Chromium and npm packages where it may"
	for _, program := range []string{"node", "chromium"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("没有 no %s: %s", program, how)
		}
	}
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) { // from the folder we are in upwards
		widget := filepath.Join(dir, "web", "widget")
		if _, err := os.Stat(filepath.Join(widget, "node_modules", "playwright-core")); err == nil {
			return filepath.Join(widget, "package.json"), nil
		}
	}
	return "", fmt.Errorf("没有 no playwright-core: %s", how)
}

// addUser makes somebody who may log in.
func (r *rig) addUser(ctx context.Context, login, name, roles, password string) error {
	add := exec.CommandContext(ctx, r.command.Path, "user", "add", "--config", filepath.Join(r.dir, "hotline.yaml"), "--stdin", "--name", name, "--roles", roles, login)
	add.Stdin = strings.NewReader(password + "\n")
	if out, err := add.CombinedOutput(); err != nil && !bytes.Contains(out, []byte("is taken")) {
		return fmt.Errorf("make user %s: %w: %s", login, err, out)
	}
	return nil
}

// agentSteps is what the browser of an agent does.
type agentSteps struct {
	lines chan agentStep
	ended chan error
}

type agentStep struct {
	Step     string
	At       time.Time
	Text     string
	Captions string
}

// await returns a step once it is done.
func (s *agentSteps) await(name string) (agentStep, error) {
	for step := range s.lines {
		switch step.Step {
		case name:
			return step, nil
		case "error":
			return step, hotline.Errorf("agent", hotline.CodeInternal, "%s: %s", name, step.Text)
		}
	}
	return agentStep{}, hotline.Errorf("agent", hotline.CodeInternal, "the browser ended before it %s: %w", name, <-s.ended)
}

// agent starts a browser whose microphone says a clip again and again.
func (r *rig) agent(ctx context.Context, packages string, says clip) (*agentSteps, error) {
	script, err := agentScript.ReadFile("browser/agent.mjs")
	if err != nil {
		return nil, err
	}
	file, microphone := filepath.Join(r.dir, "agent.mjs"), filepath.Join(r.dir, "microphone.wav")
	const rate = 48000
	convert, err := resample.New(says.rate, rate)
	if err != nil {
		return nil, err
	}
	pcm := append(convert.Process(nil, says.pcm), make([]int16, 2*rate)...)
	if err := errors.Join(os.WriteFile(file, script, 0o600), os.WriteFile(microphone, wav.Append(nil, pcm, media.Mono(rate)), 0o600)); err != nil {
		return nil, err
	}
	node := exec.CommandContext(ctx, "node", file, "http://"+r.HTTP, demoAgent, demoPassword, microphone,
		fmt.Sprint(demoTalk.Seconds()), filepath.Join(r.dir, "agent.png"), packages)
	out, err := node.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var errs bytes.Buffer
	node.Stderr = &errs
	if err := node.Start(); err != nil {
		return nil, err
	}
	s := &agentSteps{lines: make(chan agentStep, 16), ended: make(chan error, 1)}
	go func() {
		defer close(s.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var step agentStep
			if json.Unmarshal(lines.Bytes(), &step) == nil {
				s.lines <- step
			}
		}
		if err := node.Wait(); err != nil {
			s.ended <- fmt.Errorf("%w: %s", err, errs.String())
			return
		}
		s.ended <- io.EOF
	}()
	return s, nil
}

// talkToAgent is the caller's side: asks for a person, talks with them, and gives a grade.
func (r *rig) talkToAgent(ctx context.Context, env *Env, leg *sip.Leg, steps *agentSteps, asks, says clip) (hotline.ConversationID, error) {
	mouth, err := phone.NewPlayer(leg.Format(), nil)
	if err != nil {
		return "", err
	}
	if err := leg.Join(nil, mouth); err != nil {
		return "", err
	}
	say := func(c clip) error {
		piece, err := mouth.Play(c.pcm, c.rate)
		if err != nil {
			return err
		}
		select {
		case <-piece.Done():
			return nil
		case <-leg.Done():
			return phone.ErrHungUp
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	pause := func(d time.Duration) {
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	}
	pause(time.Second)
	if err := say(asks); err != nil {
		return "", err
	}
	rings, err := steps.await("rings")
	if err != nil {
		return "", err
	}
	events, err := r.events(leg.Call().CallID)
	if err != nil {
		return "", err
	}
	handed := slices.IndexFunc(events, func(e hotline.Event) bool { return e.Body.Kind() == hotline.HandedOver{}.Kind() })
	if handed < 0 {
		return "", hotline.Errorf("demo", hotline.CodeInternal, "it rings and nothing was handed over")
	}
	env.printf("  市民 caller   “%s”", asks.text)
	env.printf("  坐席 agent    响铃 rings on the screen %d ms after the words were understood", rings.At.Sub(events[handed].At).Milliseconds())
	accepts, err := steps.await("accepts")
	if err != nil {
		return "", err
	}
	pause(time.Second)
	if err := say(says); err != nil {
		return "", err
	}
	talked, err := steps.await("talked")
	if err != nil {
		return "", err
	}
	env.printf("  坐席 agent    接听 accepted, talked for %.0f s; screen: %s", talked.At.Sub(accepts.At).Seconds(), filepath.Join(r.dir, "agent.png"))
	if _, err := steps.await("hangs up"); err != nil {
		return "", err
	}
	pause(2 * time.Second)
	if err := leg.SendKeys(0, dtmf.Key('5')); err != nil {
		return "", err
	}
	select {
	case <-leg.Done():
	case <-time.After(30 * time.Second):
		_ = leg.Hangup(ctx, "done")
	}
	pause(time.Second)
	if events, err = r.events(leg.Call().CallID); err != nil {
		return "", err
	}
	for _, e := range events {
		switch b := e.Body.(type) {
		case hotline.Uttered:
			env.printf("  字幕 caption  坐席 agent: %s", b.Text)
		case hotline.Rated:
			env.printf("  评价 grade    %d", b.Grade)
		}
	}
	return events[0].Conversation, nil
}

// heardBoth listens to the recording: each party is on a channel of its own, and said what it was given to say.
func (r *rig) heardBoth(env *Env, id hotline.ConversationID, caller, agent clip) error {
	recording, dir, err := r.recording(env.Ctx, id)
	if err != nil {
		return err
	}
	joined := filepath.Join(r.dir, "people.wav")
	if err := record.Concat(dir, joined, nil); err != nil {
		return err
	}
	ear, err := asr.NewClient(asr.ClientConfig{URL: r.Speech, Timeout: time.Minute})
	if err != nil {
		return err
	}
	defer ear.Close()
	env.printf("录音 recording, a channel each: %s", joined)
	said := map[string]string{"caller": caller.text, "agent": agent.text}
	for i, party := range recording.Channels {
		role, _, _ := strings.Cut(party.Name, ":")
		pcm, err := soundOf(recording, i)
		if err != nil {
			return err
		}
		level := loudness(pcm)
		want, checked := said[role]
		if !checked {
			env.printf("  %-10s %4.0f dB", role, level)
			continue
		}
		heard, err := listen(env.Ctx, ear, pcm, recording.Rate)
		if err != nil {
			return err
		}
		env.printf("  %-10s %4.0f dB  %s", role, level, heard)
		if level < loudEnough || !holds(heard, want) {
			return hotline.Errorf("demo", hotline.CodeInternal, "录音里听不到 the recording of the %s does not hold “%s”", role, want)
		}
		delete(said, role)
	}
	if len(said) > 0 {
		return hotline.Errorf("demo", hotline.CodeInternal, "the recording has no channel of %v", said)
	}
	env.printf("通过 both sides were heard")
	return nil
}

// loudness is the level of the loudest second in dB below full scale.
func loudness(pcm []int16) float64 {
	const second = 8000
	loudest := 0.0
	for from := 0; from+second <= len(pcm); from += second {
		sum := 0.0
		for _, x := range pcm[from : from+second] {
			sum += float64(x) * float64(x)
		}
		loudest = max(loudest, sum/second)
	}
	return 10 * math.Log10(max(loudest, 1)/(32768*32768))
}

// listen transcribes a channel, one stretch of voice after the other: a recogniser invents words in long
// silence.
func listen(ctx context.Context, ear asr.Recognizer, pcm []int16, rate int) (string, error) {
	format := media.Mono(rate)
	voice, err := phone.NewRecorder(format, 0, nil)
	if err != nil {
		return "", err
	}
	tick := format.TickSamples()
	for at := 0; at+tick <= len(pcm); at += tick {
		if err := voice.WriteFrame(media.Frame{PCM: pcm[at : at+tick]}); err != nil {
			return "", err
		}
	}
	var text strings.Builder
	for _, span := range voice.Spans(time.Second) {
		convert, err := resample.New(rate, asr.SampleRate)
		if err != nil {
			return "", err
		}
		result, err := ear.Recognize(ctx, asr.Request{PCM: convert.Process(nil, pcm[max(span.From-10, 0)*tick:min((span.To+10)*tick, len(pcm))])})
		if err != nil {
			return "", err
		}
		text.WriteString(result.Text)
	}
	return text.String(), nil
}

// holds tells whether most of a sentence is in what was heard, in order of its pairs of characters.
func holds(heard, sentence string) bool {
	runes := []rune(sentence)
	found := 0
	for i := 1; i < len(runes); i++ {
		if strings.Contains(heard, string(runes[i-1:i+1])) {
			found++
		}
	}
	return found*2 >= len(runes)-1
}
