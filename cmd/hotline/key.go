package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/cmd/hotline/gateway"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/store/db"
)

// KeyCmd looks after the API keys of other systems. It works beside a running gateway.
type KeyCmd struct {
	Config string `short:"c" help:"Configuration file of the gateway; without one, its defaults." type:"existingfile"`

	Add    KeyAddCmd    `cmd:"" help:"新建密钥 Make a key and print it, once."`
	List   KeyListCmd   `cmd:"" help:"列出密钥 List the keys."`
	Revoke KeyRevokeCmd `cmd:"" help:"吊销密钥 Make a key worthless, at once and for good."`
}

const opKey = "key"

func (c *KeyCmd) with(env *Env, do func(*db.DB) error) error {
	return withStorage(env, c.Config, func(_ *config.Config, store *db.DB) error { return do(store) })
}

// withStorage opens the storage of the gateway that a file configures; "" is the defaults.
func withStorage(env *Env, file string, do func(*config.Config, *db.DB) error) (err error) {
	cfg := config.Default()
	if file != "" {
		if cfg, err = config.Load(file); err != nil {
			return err
		}
	}
	store, err := gateway.OpenStorage(env.Ctx, cfg)
	if err != nil {
		return err
	}
	defer func() {
		if closed := store.Close(); err == nil {
			err = closed
		}
	}()
	return do(cfg, store)
}

// KeyAddCmd is "hotline key add".
type KeyAddCmd struct {
	Name   string   `arg:"" help:"Whose key it is, as 政务微信."`
	Scopes []string `required:"" help:"What it may do: chat, read, knowledge, flows, supervise, survey, users, audit, admin."`
}

// Run prints the key. Only its hash is kept.
func (c *KeyAddCmd) Run(env *Env, parent *KeyCmd) error {
	for _, scope := range c.Scopes {
		if !slices.Contains(api.Scopes(), scope) {
			return hotline.Errorf(opKey, hotline.CodeInvalid, "没有权限 no scope %q; 可用 one of: %s", scope, strings.Join(api.Scopes(), ", "))
		}
	}
	key, text := api.NewKey(c.Name, c.Scopes)
	return parent.with(env, func(store *db.DB) error {
		if err := store.PutKey(env.Ctx, key); err != nil {
			return err
		}
		env.progress("密钥只显示这一次，请妥善保存 the key is shown this once:")
		_, err := fmt.Fprintln(env.Stdout, text)
		return err
	})
}

// KeyListCmd is "hotline key list".
type KeyListCmd struct{}

// Run prints a table.
func (*KeyListCmd) Run(env *Env, parent *KeyCmd) error {
	return parent.with(env, func(store *db.DB) error {
		keys, err := store.Keys(env.Ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "ID\tNAME\tSCOPES\tCREATED\tREVOKED")
		for _, k := range keys {
			revoked := ""
			if !k.Revoked.IsZero() {
				revoked = k.Revoked.Local().Format(time.DateTime)
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, strings.Join(k.Scopes, ","), k.Created.Local().Format(time.DateTime), revoked)
		}
		return w.Flush()
	})
}

// KeyRevokeCmd is "hotline key revoke".
type KeyRevokeCmd struct {
	ID string `arg:"" help:"Id of a key, as \"hotline key list\" prints it."`
}

// Run revokes the key.
func (c *KeyRevokeCmd) Run(env *Env, parent *KeyCmd) error {
	return parent.with(env, func(store *db.DB) error { return store.RevokeKey(env.Ctx, c.ID) })
}
