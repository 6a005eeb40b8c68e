using System.Text;
using System.Text.Json.Serialization;
using FluentValidation;
using Goterra.Core.Access;
using Goterra.Core.Model;

namespace Goterra.Api.Tokens;

/// <summary>
/// The scope and lifetime of a new token. With neither <c>read</c> nor <c>write</c>, the scope is that of the caller.
/// </summary>
/// <param name="Ttl">The lifetime: <c>90s</c>, <c>30m</c>, <c>24h</c>, <c>7d</c>, or a number of seconds; that of any
/// token by default. It includes renewals, and is capped at the lifetime of the caller's credential with its
/// renewals.</param>
/// <param name="Read">The keys that it may read, and prefixes with one <c>*</c> at the end. None if only <c>write</c>
/// is given.</param>
/// <param name="Write">The keys that it may write, in the same format. Writing does not imply reading. At most 32
/// patterns and 2,000 bytes in both lists together.</param>
/// <param name="Fail">With <c>false</c>, it may not declare the deployment failed.</param>
/// <param name="Observe">With <c>true</c>, it shows all keys, waits, hints and events, but no values, and allows
/// nothing else: for dashboards and links. Excludes <c>read</c>, <c>write</c> and <c>fail</c>.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TokenRequest(
    string? Ttl = null,
    IReadOnlyList<string>? Read = null,
    IReadOnlyList<string>? Write = null,
    bool? Fail = null,
    bool? Observe = null)
{
    internal Scope? ToScope() =>
        Observe is true ? Scope.Observe
            : Read is null && Write is null ? null
            : new NarrowScope(Patterns(Read), Patterns(Write), Fail ?? true);

    private static IReadOnlyList<KeyPattern> Patterns(IReadOnlyList<string>? texts) =>
    [
        .. (texts ?? []).Select(text =>
            KeyPattern.TryParse(text, out var pattern, out var error) ? pattern : throw new FormatException(error)),
    ];
}

internal sealed class TokenRequestValidator : AbstractValidator<TokenRequest>
{
    public TokenRequestValidator()
    {
        RuleFor(request => request.Ttl).MustBeLifetime();
        RuleFor(request => request.Read).MustBePatterns("read");
        RuleFor(request => request.Write).MustBePatterns("write");
        RuleFor(request => request)
            .Custom((request, context) =>
            {
                if (request is { Observe: true } and not { Read: null, Write: null, Fail: null })
                    context.AddFailure("observe", "it excludes 'read', 'write' and 'fail'");
                else
                    ScopeValidation.Check(request.Read, request.Write, request.Fail, context);
            });
    }
}

/// <summary>The rules for scopes and lifetimes in request bodies.</summary>
internal static class ScopeValidation
{
    public static void MustBeLifetime<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(ttl => ttl is null || (Duration.TryParse(ttl, out var span) && span >= TimeSpan.FromSeconds(1)))
        .OverridePropertyName("ttl")
        .WithMessage(Duration.Format + "; the minimum is 1s");

    public static void MustBePatterns<T>(this IRuleBuilder<T, IReadOnlyList<string>?> rule, string name) =>
        rule.Custom((patterns, context) =>
        {
            foreach (var pattern in patterns ?? [])
            {
                if (!KeyPattern.TryParse(pattern, out _, out var error))
                    context.AddFailure(name, $"{error}; must be a key, or a prefix with one '*' at the end");
            }
        });

    public static void Check<T>(
        IReadOnlyList<string>? read, IReadOnlyList<string>? write, bool? fail, ValidationContext<T> context)
    {
        string[] all = [.. read ?? [], .. write ?? []];
        if (all.Length == 0 && (read ?? write) is not null)
            context.AddFailure("read", "'read' and 'write' are both empty: the token would allow nothing");
        if (all.Length == 0 && fail is not null)
            context.AddFailure("fail", "it requires 'read' or 'write'");
        if (all.Length > NarrowScope.MaxPatterns)
            context.AddFailure(
                "read", $"'read' and 'write' can have at most {NarrowScope.MaxPatterns} patterns in total");
        if (all.Sum(pattern => Encoding.UTF8.GetByteCount(pattern ?? "")) > NarrowScope.MaxBytes)
            context.AddFailure("read", "'read' and 'write' can have at most 2,000 bytes in total: use prefixes");
    }
}
