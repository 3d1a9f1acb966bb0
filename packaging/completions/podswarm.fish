# Completion of podswarm for fish.

set -l verbs add rm list show episodes check fetch run status retry skip review rules config import export search doctor parse get torrent demo
set -l none "not __fish_seen_subcommand_from $verbs"
set -l states queued downloading done failed skipped deleted held deferred notified seen backlog none

complete -c podswarm -f
complete -c podswarm -s h -l help -d 'Explain the program, or the verb'
complete -c podswarm -l config -r -F -d 'The configuration file'
complete -c podswarm -s q -l quiet -d 'Errors only'
complete -c podswarm -s v -l verbose -d 'Say more'
complete -c podswarm -n $none -l version -d 'Show the version'
complete -c podswarm -n "__fish_seen_subcommand_from $verbs; and not __fish_seen_subcommand_from run demo" -l json -d 'Print JSON for scripts'

complete -c podswarm -n $none -a add -d 'Subscribe to feeds and look at them once'
complete -c podswarm -n $none -a rm -d 'End subscriptions'
complete -c podswarm -n $none -a list -d 'List the subscriptions'
complete -c podswarm -n $none -a show -d 'Everything about one feed or episode'
complete -c podswarm -n $none -a episodes -d 'List episodes, newest first'
complete -c podswarm -n $none -a check -d 'Ask feeds for news now'
complete -c podswarm -n $none -a fetch -d 'Check, decide, download, end'
complete -c podswarm -n $none -a run -d 'Run the daemon in the foreground'
complete -c podswarm -n $none -a status -d 'What is going on'
complete -c podswarm -n $none -a retry -d 'Queue episodes again'
complete -c podswarm -n $none -a skip -d 'Take episodes out of the queue for good'
complete -c podswarm -n $none -a review -d 'List, accept or reject episodes that wait for a person'
complete -c podswarm -n '__fish_seen_subcommand_from review' -l accept -d 'They are new: the rules decide'
complete -c podswarm -n '__fish_seen_subcommand_from review' -l reject -d 'They are not wanted'
complete -c podswarm -n $none -a rules -d 'Which episodes are wanted'
complete -c podswarm -n $none -a config -d 'The configuration file'
complete -c podswarm -n $none -a import -d 'Subscribe to the feeds of an OPML list'
complete -c podswarm -n $none -a export -d 'Write the subscriptions as OPML'
complete -c podswarm -n $none -a search -d 'Look for podcasts in public directories'
complete -c podswarm -n $none -a doctor -d 'What is wrong with a feed, and when it is asked next'
complete -c podswarm -n $none -a parse -d 'Show what a document says'
complete -c podswarm -n $none -a get -d 'Download without a database'
complete -c podswarm -n $none -a torrent -d 'Torrent files'
complete -c podswarm -n $none -a demo -d 'A night in half a minute'

complete -c podswarm -n '__fish_seen_subcommand_from add' -l name -x -d 'What to call it'
complete -c podswarm -n '__fish_seen_subcommand_from add' -l tag -x -d 'A tag'
complete -c podswarm -n '__fish_seen_subcommand_from add' -l latest -x -d 'The newest N of the backlog'
complete -c podswarm -n '__fish_seen_subcommand_from add' -l all -d 'All of the backlog'
complete -c podswarm -n '__fish_seen_subcommand_from add' -l none -d 'Only what comes from now on'
complete -c podswarm -n '__fish_seen_subcommand_from add episodes' -l since -x -d 'Published on that day or later'
complete -c podswarm -n '__fish_seen_subcommand_from rm' -l delete-files -d 'Delete the episodes too'
complete -c podswarm -n '__fish_seen_subcommand_from episodes' -l state -x -a "$states" -d 'In this state'
complete -c podswarm -n '__fish_seen_subcommand_from episodes' -l search -x -d 'With this text in the title'
complete -c podswarm -n '__fish_seen_subcommand_from episodes search' -l limit -x -d 'At most so many'
complete -c podswarm -n '__fish_seen_subcommand_from fetch' -l window -d 'Inside the configured window only'

set -l second 'not __fish_seen_subcommand_from list check test path verify'
complete -c podswarm -n "__fish_seen_subcommand_from rules; and $second" -a 'list check test explain import'
complete -c podswarm -n "__fish_seen_subcommand_from config; and $second" -a 'check path'
complete -c podswarm -n "__fish_seen_subcommand_from torrent; and $second" -a verify
complete -c podswarm -n '__fish_seen_subcommand_from rules config; and __fish_seen_subcommand_from check' -F
complete -c podswarm -n '__fish_seen_subcommand_from rules; and __fish_seen_subcommand_from import' -F -l out -r -d 'Where to write them'
complete -c podswarm -n '__fish_seen_subcommand_from rules; and __fish_seen_subcommand_from test' -l where -x -d 'A condition'
complete -c podswarm -n '__fish_seen_subcommand_from rules; and __fish_seen_subcommand_from test' -l history -x -d 'How far back'
complete -c podswarm -n '__fish_seen_subcommand_from rules; and __fish_seen_subcommand_from test' -l rules -r -F -d 'A file of rules'
complete -c podswarm -n '__fish_seen_subcommand_from rules; and __fish_seen_subcommand_from test' -l items -r -F -d 'A JSON array of items'
complete -c podswarm -n '__fish_seen_subcommand_from rules; and __fish_seen_subcommand_from test' -l now -x -d 'The time to assume'

complete -c podswarm -n '__fish_seen_subcommand_from import export parse get verify' -F
complete -c podswarm -n '__fish_seen_subcommand_from parse' -l base-url -x -d "The document's own address"
complete -c podswarm -n '__fish_seen_subcommand_from parse' -l content-type -x -d 'The Content-Type it was served with'
complete -c podswarm -n '__fish_seen_subcommand_from get verify' -l dir -x -a '(__fish_complete_directories)' -d 'Where the data goes, or lies'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l peer -x -d 'A peer to ask, HOST:PORT'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l web-seed -x -d 'Where a web server has the torrent, URL'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l no-tracker -d 'Announce to no tracker'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l listen -x -d 'Where to listen for peers, ADDR:PORT'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l up-limit -x -d 'Bytes a second to send'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l down-limit -x -d 'Bytes a second to receive'
complete -c podswarm -n '__fish_seen_subcommand_from get verify' -l files -x -d 'Of torrents these files, as 0,2-4 or *.ogg'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l sequential -d 'Torrents in order'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l seed -d 'Go on seeding'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l seed-ratio -x -d 'Seed until R times the content is sent'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l seed-time -x -d 'Seed for so long, as 90m'
complete -c podswarm -n '__fish_seen_subcommand_from get' -l on-done -r -d 'A shell command for each that completes'
