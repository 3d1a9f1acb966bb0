# Completion of podswarm for bash.

_podswarm() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local verbs="add rm list show episodes check fetch run status queue pause resume schedule report retry skip star played mark delete tidy rename adopt review client rules config import export search doctor parse get torrent demo"
  local globals="--help --config --quiet --verbose"
  local verb= sub= word i
  # The first words that are no options are the verb and, of some verbs, a second one.
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == --config ]]; then
      ((i++))
    elif [[ $word != -* && -z $verb ]]; then
      verb=$word
    elif [[ $word != -* && -z $sub ]]; then
      sub=$word
    fi
  done

  COMPREPLY=()
  case $prev in
    --config | --rules | --items | --feed | --out) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    --dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    --on-done) mapfile -t COMPREPLY < <(compgen -c -- "$cur"); return ;;
    --state)
      mapfile -t COMPREPLY < <(compgen -W "queued downloading done failed skipped deleted held deferred notified seen
        backlog none" -- "$cur")
      return ;;
    --name | --tag | --latest | --since | --search | --limit | --now | --base-url | --content-type | --peer | --web-seed | --listen | \
      --up-limit | --down-limit | --files | --seed-ratio | --seed-time) return ;;
  esac

  local options= words= files=
  case $verb in
    "") words=$verbs; options=--version ;;
    add) options="--name --tag --latest --all --none --since --json" ;;
    rm) options="--delete-files --json" ;;
    list | show | check | status | schedule | pause | resume | retry | skip | delete) options=--json ;;
    queue)
      options=--json
      [[ -z $sub ]] && words="top up down bottom priority" ;;
    star | played | mark) options="--off --json" ;;
    tidy | rename) options="--dry-run --json" ;;
    adopt) options="--feed --move --dry-run --json"; files=1 ;;
    report) options="--since --json" ;;
    review) options="--accept --reject --json" ;;
    episodes) options="--state --search --tag --since --starred --played --unplayed --limit --json" ;;
    fetch) options="--window --json" ;;
    run | demo) ;;
    client)
      case $sub in
        add | list | rm) options=--json ;;
        *) words="add list rm" ;;
      esac ;;
    rules)
      case $sub in
        list) options=--json ;;
        check) options=--json; files=1 ;;
        test) options="--where --rules --history --feed --items --tag --now --json" ;;
        explain) options="--json" ;;
        import) options="--out"; files=1 ;;
        *) words="list check test explain import" ;;
      esac ;;
    config)
      case $sub in
        check) options=--json; files=1 ;;
        path) options=--json ;;
        *) words="check path" ;;
      esac ;;
    import | export) options=--json; files=1 ;;
    search) options="--limit --json" ;;
    doctor) options=--json ;;
    parse) options="--base-url --content-type --json"; files=1 ;;
    get)
      options="--dir --peer --web-seed --no-tracker --listen --up-limit --down-limit --files --sequential --seed --seed-ratio --seed-time --on-done --json"
      files=1 ;;
    torrent)
      case $sub in
        verify) options="--dir --files --json"; files=1 ;;
        *) words=verify ;;
      esac ;;
  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options $globals" -- "$cur")
  elif [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  elif [[ -n $files ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  fi
}

complete -o filenames -F _podswarm podswarm
