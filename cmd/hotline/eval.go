package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/media/wav"
)

// EvalCmd measures how good something is.
type EvalCmd struct {
	ASR    EvalASRCmd    `cmd:"" name:"asr" help:"识别字错率 Character error rate of recordings, through real calls or straight."`
	FAQ    EvalFAQCmd    `cmd:"" name:"faq" help:"语义评测 How well sentences are understood: act, category, entry, danger."`
	Dialog EvalDialogCmd `cmd:"" name:"dialog" help:"对话评测 Play scripted conversations and compare what happens with what they expect."`
}

// EvalASRCmd plays recordings into the gateway and compares what it heard with what is said in them.
type EvalASRCmd struct {
	Clips     string `help:"Folder with WAV files and transcripts.tsv, a table with the columns file and text." required:"" type:"existingdir"`
	Codec     string `help:"Codec of the calls: pcma, pcmu, g722 or opus; none gives the recordings straight to the recogniser." enum:"pcma,pcmu,g722,opus,none" default:"pcma"`
	Model     string `help:"Recognition model, by name or path." default:"whisper-base"`
	Engine    string `help:"Engine that is running: unix:/path/to/socket or https://host/v1; else one is started." placeholder:"URL"`
	Yardstick bool   `help:"Recognise the same sound with whisper-cli at full context as well."`
	Models    string `help:"Folder of the models; else $$HOTLINE_MODELS, else the user's cache folder."`
}

// Run prints one JSON line per recording and one with the totals.
func (c *EvalASRCmd) Run(env *Env) error {
	recordings, err := readRecordings(c.Clips)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(env.Stdout)
	lines.SetEscapeHTML(false)
	totals, err := c.evaluate(env, recordings, func(r heardClip) { _ = lines.Encode(r) })
	if err != nil {
		return err
	}
	return lines.Encode(totals)
}

// recording is a clip to recognise.
type recording struct {
	measure.Clip
	pcm  []int16
	rate int
}

// heardClip is what became of one.
type heardClip struct {
	File string  `json:"file"`
	Ref  string  `json:"ref"`
	Hyp  string  `json:"hyp"`
	CER  float64 `json:"cer"`
	MS   float64 `json:"ms"` // from the last voiced sample said, or from asking, to the text; 0 without one
}

// asrTotals is the last line.
type asrTotals struct {
	measure.Score
	CER   float64 `json:"cer"`
	Codec string  `json:"codec"`
	Model string  `json:"model"`
	measure.Spread

	Yardstick    *float64 `json:"yardstick_cer,omitempty"` // whisper-cli, greedy like us
	YardstickOwn *float64 `json:"yardstick_default_cer,omitempty"`
}

// readRecordings reads a folder of clips.
func readRecordings(dir string) ([]recording, error) {
	table, err := os.Open(filepath.Join(dir, "transcripts.tsv"))
	if err != nil {
		return nil, hotline.Errorf("read transcripts", hotline.CodeInvalid, "%w", err)
	}
	defer func() { _ = table.Close() }()
	clips, err := measure.ReadClips(table)
	if err != nil {
		return nil, err
	}
	list := make([]recording, len(clips))
	for i, c := range clips {
		list[i].Clip = c
		pcm, format, err := wav.ReadFile(filepath.Join(dir, c.File))
		if err != nil {
			return nil, err
		}
		list[i].pcm, list[i].rate = pcm, format.Rate
	}
	return list, nil
}

// evaluate recognises every recording, one after the other.
func (c *EvalASRCmd) evaluate(env *Env, recordings []recording, tell func(heardClip)) (totals asrTotals, err error) {
	totals.Codec, totals.Model = c.Codec, c.Model
	ctx, stop := context.WithCancel(env.Ctx)
	defer stop()
	listener, err := c.listen(ctx, env)
	if err != nil {
		return totals, err
	}
	defer func() {
		stop()
		if closed := listener.close(); err == nil {
			err = closed
		}
	}()
	var times measure.Times
	for _, r := range recordings {
		hyp, took, err := listener.hear(ctx, r)
		if err != nil {
			return totals, hotline.Errorf("recognise "+r.File, hotline.CodeOf(err), "%w", err)
		}
		if hyp != "" {
			times = append(times, took)
		}
		tell(heardClip{r.File, r.Text, hyp, totals.Add(r.Text, hyp), measure.MS(took)})
	}
	totals.CER, totals.Spread = totals.Score.CER(), times.Spread()
	if !c.Yardstick {
		return totals, nil
	}
	return totals, c.yardstick(ctx, recordings, &totals)
}
