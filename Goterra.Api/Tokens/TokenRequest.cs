using System.Text;
using System.Text.Json.Serialization;
using FluentValidation;
using Goterra.Core;
using Goterra.Core.Access;

namespace Goterra.Api.Tokens;

/// <summary>What a new token shall reach. With neither <c>read</c> nor <c>write</c>: what the caller does.</summary>
/// <param name="Ttl">How long it lives: <c>90s</c>, <c>30m</c>, <c>24h</c>, <c>7d</c>, or a number of seconds; as long as any token without it. Its renewals end then
/// too. Cut to what the caller's own credential could live to.</param>
/// <param name="Read">What it may read: keys, or prefixes with one <c>*</c> at the end. Nothing where only <c>write</c> is given.</param>
/// <param name="Write">What it may write, in the same form. Writing does not imply reading. At most 32 patterns and 2,000 bytes, both lists together.</param>
/// <param name="Fail">With <c>false</c>, it may not declare the deployment failed.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TokenRequest(
    string? Ttl = null, IReadOnlyList<string>? Read = null, IReadOnlyList<string>? Write = null, bool? Fail = null)
{
    internal NarrowScope? ToScope() => Read is null && Write is null ? null : new NarrowScope(Patterns(Read), Patterns(Write), Fail ?? true);

    private static IReadOnlyList<KeyPattern> Patterns(IReadOnlyList<string>? texts) =>
        [.. (texts ?? []).Select(text => KeyPattern.TryParse(text, out var pattern, out var error) ? pattern : throw new FormatException(error))];
}

internal sealed class TokenRules : AbstractValidator<TokenRequest>
{
    public TokenRules()
    {
        RuleFor(request => request.Ttl).MustBeLifetime();
        RuleFor(request => request.Read).MustBePatterns("read");
        RuleFor(request => request.Write).MustBePatterns("write");
        RuleFor(request => request)
            .Custom((request, context) => ScopeRules.Check(request.Read, request.Write, request.Fail, context));
    }
}

/// <summary>The rules of scopes in bodies.</summary>
internal static class ScopeRules
{
    public static void MustBeLifetime<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(ttl => ttl is null || (Duration.TryParse(ttl, out var span) && span >= TimeSpan.FromSeconds(1)))
        .OverridePropertyName("ttl")
        .WithMessage(Duration.Format + "; it is at least 1s");

    public static void MustBePatterns<T>(this IRuleBuilder<T, IReadOnlyList<string>?> rule, string name) => rule.Custom((patterns, context) =>
    {
        foreach (var pattern in patterns ?? [])
        {
            if (!KeyPattern.TryParse(pattern, out _, out var error))
                context.AddFailure(name, $"{error}; it takes keys, and prefixes with one '*' at the end");
        }
    });

    public static void Check<T>(IReadOnlyList<string>? read, IReadOnlyList<string>? write, bool? fail, ValidationContext<T> context)
    {
        string[] all = [.. read ?? [], .. write ?? []];
        if (all.Length == 0 && (read ?? write) is not null)
            context.AddFailure("read", "there is no pattern in 'read' or 'write': such a token could do nothing");
        if (all.Length == 0 && fail is not null)
            context.AddFailure("fail", "it goes with 'read' or 'write' only");
        if (all.Length > NarrowScope.MostPatterns)
            context.AddFailure("read", $"'read' and 'write' together have at most {NarrowScope.MostPatterns} patterns");
        if (all.Sum(pattern => Encoding.UTF8.GetByteCount(pattern ?? "")) > NarrowScope.MostBytes)
            context.AddFailure("read", "'read' and 'write' together have at most 2,000 bytes: use prefixes");
    }
}
