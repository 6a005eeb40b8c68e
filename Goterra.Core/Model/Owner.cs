namespace Goterra.Core.Model;

/// <summary>
/// The creator of a deployment: a user of one source. The same uid in two sources is two users. Anonymous callers are
/// not the same user, not even as each other.
/// </summary>
public readonly record struct Owner(string Source, string Uid)
{
    public static readonly Owner Anonymous = new("anonymous", "anonymous");
}
