package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/resample"
	"github.com/hotline-cc/hotline/packs"
	"github.com/hotline-cc/hotline/phone"
	"github.com/hotline-cc/hotline/sip"
)

// DemoCmd starts a gateway, calls it and checks by ear that it answers; then it chats.
type DemoCmd struct {
	Data   string `help:"Folder for the demo's logs and recordings." default:"data/demo" type:"path"`
	Models string `help:"Folder of the models; else $$HOTLINE_MODELS, else the user's cache folder."`
	// Questions, a wish to hear it again, and one for a person.
	Say []string `help:"Recordings that the caller plays, by name; a wish for a person is the last." default:"q_sscard,q_elder,q_repeat,q_marry,q_power,q_water,q_agent"`
}

// maxDemoErrors is the part of an answer's characters that our own ear may get wrong: whisper base
// misses one in four on a telephone line even when people speak.
const maxDemoErrors = 0.4

// Run fails unless every expected answer was heard.
func (c *DemoCmd) Run(env *Env) (err error) {
	caller, err := loadClips(c.Say...)
	if err != nil {
		return err
	}
	prompts, err := promptCache()
	if err != nil {
		return err
	}
	env.printf("启动网关 starting the gateway …")
	var sentences []string
	for _, c := range caller {
		sentences = append(sentences, c.text)
	}
	city, err := packs.Open("")
	if err != nil {
		return err
	}
	ahead, err := rehearse(city, sentences...)
	if err != nil {
		return err
	}
	for _, phrase := range []string{"handover", "survey", "survey_thanks", "missed"} {
		ahead = append(ahead, city.Set.House.Phrases[phrase].Voice...)
	}
	r, err := startRig(env.Ctx, rigConfig{Dir: c.Data, Models: c.Models, Cache: prompts, Prompts: ahead})
	if err != nil {
		return err
	}
	defer func() {
		if closed := r.close(); err == nil {
			err = closed
		}
	}()
	if err := r.awaitPrompts(env.Ctx, func(progress string) { env.printf("预渲染话术 prompts rendered %s", progress) }); err != nil {
		return err
	}
	telephone, err := startSoftphone(env.Ctx, softphoneConfig{Codecs: onlyPCMA(), Log: env.Log})
	if err != nil {
		return err
	}
	defer func() { _ = telephone.close() }()
	leg, err := telephone.dial(env.Ctx, r.uri("12345"))
	if err != nil {
		return err
	}
	env.printf("\n拨打 calling %s, %s", r.uri("12345"), leg.Codec())
	d := &demo{env: env, rig: r, callID: leg.Call().CallID}
	turns, err := d.talk(leg, caller)
	if err != nil {
		return err
	}
	if err := d.report(caller, turns); err != nil {
		return err
	}
	if err := c.chat(env, r); err != nil {
		return err
	}
	return c.people(env, r)
}

// onlyPCMA is what a Chinese telephone line speaks.
func onlyPCMA() codecs.Set {
	set, _ := codecs.Default().Only(codecs.NamePCMA) // it is in the list
	return set
}

func (e *Env) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(e.Stdout, format+"\n", args...)
}

// demo is one call of the demonstration.
type demo struct {
	env    *Env
	rig    *rig
	callID string
	shown  uint64 // events printed so far
}

// talk says the clips one after the other and prints what both sides say meanwhile.
func (d *demo) talk(leg *sip.Leg, caller []clip) ([]phone.Turn, error) {
	script, err := phone.NewScript(leg, phone.ScriptConfig{})
	if err != nil {
		return nil, err
	}
	steps := []phone.Step{{Name: "greeting"}}
	for _, c := range caller {
		steps = append(steps, phone.Step{Name: c.text, Clip: c.pcm, Rate: c.rate})
	}
	ctx, stop := context.WithCancel(d.env.Ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			d.transcribe()
			select {
			case <-time.After(200 * time.Millisecond):
			case <-ctx.Done():
				return
			}
		}
	}()
	var turns []phone.Turn
	for i, step := range steps {
		var turn phone.Turn
		if turn, err = d.do(ctx, script, step, i); err != nil {
			err = fmt.Errorf("%s: %w", step.Name, err)
			break
		}
		turns = append(turns, turn)
	}
	if err == nil {
		err = d.awaitEnd(ctx, leg)
	}
	stop()
	<-watched
	d.transcribe()
	return turns, err
}

// do says one clip and hears its answer. On a slow machine "请稍等" comes first.
func (d *demo) do(ctx context.Context, script *phone.Script, step phone.Step, n int) (phone.Turn, error) {
	turn, err := script.Do(ctx, step)
	for err == nil && !turn.HungUp && !d.answered(n) {
		var more phone.Turn
		if more, err = script.Do(ctx, phone.Step{}); err == nil {
			turn.Answer, turn.AnswerLast, turn.HungUp = more.Answer, more.AnswerLast, more.HungUp
		}
	}
	return turn, err
}

// answered tells whether the gateway has said its part of a turn.
func (d *demo) answered(n int) bool {
	events, err := d.rig.events(d.callID)
	if err != nil {
		return false
	}
	said, _, _ := byTurn(events)
	return len(said[n].ids) > 0
}

// awaitEnd waits for the gateway to hang up, as it does after handing over.
func (d *demo) awaitEnd(ctx context.Context, leg *sip.Leg) error {
	select {
	case <-leg.Done():
	case <-time.After(10 * time.Second):
		return hotline.Errorf("demo", hotline.CodeTimeout, "the gateway did not hang up")
	case <-ctx.Done():
		return ctx.Err()
	}
	for range 50 { // the log is closed a moment later
		if events, err := d.rig.events(d.callID); err == nil {
			if _, ended := events[len(events)-1].Body.(hotline.Ended); ended {
				return nil
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return hotline.Errorf("demo", hotline.CodeTimeout, "the conversation's log was not closed")
}

// transcribe prints the events that have been written since it was called last.
func (d *demo) transcribe() {
	events, err := d.rig.events(d.callID)
	if err != nil {
		return // not begun
	}
	for _, e := range events {
		if e.Seq <= d.shown {
			continue
		}
		d.shown = e.Seq
		switch b := e.Body.(type) {
		case hotline.Heard:
			note := ""
			if b.Rejected != "" {
				note = "（未采纳 " + b.Rejected + "）"
			}
			d.env.printf("  市民 caller   %s%s", b.Text, note)
		case hotline.Said:
			d.env.printf("  热线 hotline  %s", b.Text)
		case hotline.HandedOver:
			d.env.printf("  ── 转人工 handed over to %s (%s)", b.Queue, b.Reason)
		case hotline.Ended:
			d.env.printf("  ── 通话结束 ended by %s", b.By)
		}
	}
}

// report prints the latencies and the checks and fails when one fails.
func (d *demo) report(caller []clip, turns []phone.Turn) error {
	events, err := d.rig.events(d.callID)
	if err != nil {
		return err
	}
	said, traces, heard := byTurn(events)
	ear, err := asr.NewClient(asr.ClientConfig{URL: d.rig.Speech, Timeout: time.Minute}) // nobody waits
	if err != nil {
		return err
	}
	defer ear.Close()
	table := tabwriter.NewWriter(d.env.Stdout, 0, 0, 2, ' ', 0)
	d.env.printf("\n每轮时延，毫秒（线上：主叫末个有声样本发出 → 应答首个有声包播出）\nlatency per turn in ms (on the wire: last voiced sample sent → first voice heard; stages as the gateway saw them)")
	_, _ = fmt.Fprintln(table, "#\tsaid\theard\twire\tend of turn\trecognised\tdecided\tfirst audio\tsent\tanswer heard, CER")
	failed := 0
	for i, c := range caller {
		turn, n := turns[i+1], i+1
		verdict := "✓"
		want := strings.Join(said[n].texts, "")
		rate, err := d.answerErrors(ear, turn, want)
		switch {
		case err != nil:
			return err
		case c.expect != "" && !said[n].has(c.expect):
			verdict = "✗ want " + c.expect
		case rate > maxDemoErrors:
			verdict = "✗ not what was said"
		}
		if verdict != "✓" {
			failed++
		}
		t := traces[n]
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s %.0f %%\n", n, c.text, heard[n], turn.Latency().Milliseconds(),
			t.EndpointMS, t.RecognisedMS, t.DecidedMS, t.FirstAudioMS, t.FirstSentMS, verdict, 100*rate)
	}
	_ = table.Flush()
	if err := d.recording(d.env.Stdout, events[0].Conversation); err != nil {
		return err
	}
	if failed > 0 {
		return hotline.Errorf("demo", hotline.CodeInternal, "%d 个回答不符 (%d answers are not what was expected)", failed, failed)
	}
	d.env.printf("通过 every expected answer was heard")
	return nil
}

// spoken is what the gateway said after a turn.
type spoken struct{ ids, texts []string }

func (s spoken) has(id string) bool {
	for _, x := range s.ids {
		if x == id {
			return true
		}
	}
	return false
}

// byTurn sorts what was said, traced and heard by the turn it belongs to; 0 is the greeting.
func byTurn(events []hotline.Event) (map[int]spoken, map[int]hotline.TurnTraced, map[int]string) {
	said, traces, heard := map[int]spoken{}, map[int]hotline.TurnTraced{}, map[int]string{}
	turn := 0
	for _, e := range events {
		switch b := e.Body.(type) {
		case hotline.Heard:
			if b.Rejected == "" && b.Replaces == 0 {
				turn++
			}
			heard[turn] = b.Text
		case hotline.TurnTraced:
			traces[turn] = b
		case hotline.Said:
			s := said[turn]
			if b.Prompt != "filler" && !b.Interrupted {
				s.ids, s.texts = append(s.ids, b.Prompt), append(s.texts, b.Text)
			}
			said[turn] = s
		}
	}
	return said, traces, heard
}

// answerErrors recognises the sound of an answer and compares it with what should have been said.
func (d *demo) answerErrors(ear asr.Recognizer, turn phone.Turn, want string) (float64, error) {
	convert, err := resample.New(8000, asr.SampleRate)
	if err != nil {
		return 0, err
	}
	pcm := convert.Process(nil, turn.Answer)
	longest := int(asr.MaxAudio.Seconds()) * asr.SampleRate
	result, err := ear.Recognize(d.env.Ctx, asr.Request{PCM: pcm[:min(len(pcm), longest)]})
	if err != nil {
		return 0, fmt.Errorf("recognise the answer: %w", err)
	}
	wrong, of := asr.ErrorRate(want, result.Text)
	return float64(wrong) / float64(max(of, 1)), nil
}

// recording says where the sound of the call lies.
func (d *demo) recording(w io.Writer, id hotline.ConversationID) error {
	began, err := id.Time()
	if err != nil {
		return err
	}
	dir := filepath.Join(d.rig.dir, "recordings", filepath.FromSlash(began.Local().Format("2006/01/02")), string(id))
	joined := filepath.Join(d.rig.dir, "call.wav")
	if err := record.Concat(dir, joined, nil); err != nil {
		return fmt.Errorf("join the recording: %w", err)
	}
	_, _ = fmt.Fprintf(w, "\n录音（左市民、右热线）stereo recording: %s\n  分段 segments: %s\n", joined, dir)
	return nil
}
