package main

import (
	"fmt"

	"github.com/hotline-cc/hotline/cmd/hotline/gateway"
	"github.com/hotline-cc/hotline/config"
)

// RecordsCmd looks after the list of conversations. It works beside a running gateway.
type RecordsCmd struct {
	Config string `short:"c" help:"Configuration file of the gateway; without one, its defaults." type:"existingfile"`

	Rebuild RecordsRebuildCmd `cmd:"" help:"重建会话记录 Work the list of conversations out of the logs anew."`
}

// RecordsRebuildCmd is "hotline records rebuild".
type RecordsRebuildCmd struct{}

// Run prints how many records there are.
func (*RecordsRebuildCmd) Run(env *Env, parent *RecordsCmd) (err error) {
	cfg := config.Default()
	if parent.Config != "" {
		if cfg, err = config.Load(parent.Config); err != nil {
			return err
		}
	}
	done, err := gateway.RebuildRecords(env.Ctx, cfg, env.Log)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "%d records, %d without a log dropped\n", done.Records, done.Dropped)
	return err
}
