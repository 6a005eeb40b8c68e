namespace Goterra.Core.Access;

/// <summary>
/// Who created a deployment: a user of one source. The same uid in two sources is two users. Anonymous equals nobody, not even
/// another anonymous.
/// </summary>
public readonly record struct Owner(string Source, string Uid)
{
    public static readonly Owner Anonymous = new("anonymous", "anonymous");
}
