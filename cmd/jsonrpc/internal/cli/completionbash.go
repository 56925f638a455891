package cli

// bashCompletion is the script for bash. It is our own, because cobra's needs the
// package bash-completion and completes nothing after =, at which bash splits words.
const bashCompletion = `# bash completion for jsonrpc, from version 3.2 on

__jsonrpc_complete() {
    COMPREPLY=()
    # The words up to the cursor. Bash splits them at = and :, which are parts of
    # words here, so those that have no blank between them are joined again.
    local line=${COMP_LINE:0:COMP_POINT} n=-1 i word blanks
    local -a words
    for ((i = 0; i <= COMP_CWORD; i++)); do
        blanks=${line%%[![:blank:]]*}
        line=${line#"$blanks"}
        word=${COMP_WORDS[i]}
        if ((i == COMP_CWORD)); then
            word=$line
        elif [[ $line == "$word"* ]]; then
            line=${line#"$word"}
        else
            return
        fi
        if ((n < 0)) || [[ -n $blanks ]]; then
            n=$((n + 1))
            words[n]=$word
        else
            words[n]=${words[n]}$word
        fi
    done

    # As the command would get them; but nothing on the line is carried out.
    for ((i = 0; i <= n; i++)); do
        word=${words[i]}
        if [[ $word == [~]* || $word == *[\'\"\\]* ]] && [[ $word != *[\$\` + "`" + `\;\&\|\<\>\(\)]* ]]; then
            eval "words[i]=$word" 2>/dev/null || words[i]=$word
        fi
    done
    local current=${words[n]}
    local out
    out=$("${words[0]}" __complete "${words[@]:1}" 2>/dev/null) || return
    local directive=${out##*:}
    [[ $directive == [0-9]* ]] || return
    ((directive & 1)) && return

    local -a values abouts
    local count=0 tab=$'\t'
    while IFS='' read -r line; do
        [[ -z $line || $line == :[0-9]* || $line == _activeHelp_* ]] && continue
        values[count]=${line%%"$tab"*}
        abouts[count]=""
        [[ $line == *"$tab"* ]] && abouts[count]=${line#*"$tab"}
        count=$((count + 1))
    done <<<"$out"

    local modern=""
    [[ $(type -t compopt) == builtin ]] && modern=yes
    if [[ -n $modern ]]; then
        ((directive & 2)) && compopt -o nospace
        ((directive & 4)) && compopt +o default
        ((directive & 32)) && compopt -o nosort 2>/dev/null
    fi
    ((count == 0)) && return

    # Bash replaces only what stands after the last = or :.
    local kept="" breaks=${COMP_WORDBREAKS//[!=:]/} prefix=""
    if [[ -n $breaks && $current == *[$breaks]* ]]; then
        kept=${current%"${current##*[$breaks]}"}
    elif [[ $current == -*=* ]]; then
        prefix=${current%%=*}=
    fi
    local listing="" width=0
    ((COMP_TYPE == 63 && count > 1)) && listing=yes
    for ((i = 0; i < count; i++)); do
        ((${#values[i]} > width)) && width=${#values[i]}
    done
    for ((i = 0; i < count; i++)); do
        word=${values[i]}
        if [[ -n $listing && -n ${abouts[i]} ]]; then
            printf -v word '%-*s  (%s)' "$width" "$word" "${abouts[i]}"
            COMPREPLY[i]=${word:0:$((${COLUMNS:-80} - 2))}
        elif [[ -n $listing ]]; then
            COMPREPLY[i]=$word
        else
            word=$prefix${word#"$kept"}
            [[ -n $word ]] && printf -v word '%q' "$word"
            COMPREPLY[i]=$word
        fi
    done
}

complete -o default -F __jsonrpc_complete jsonrpc
`
